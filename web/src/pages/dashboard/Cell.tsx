/** One release in one environment: its state, version and age in a line. */
import { Menu, Tooltip } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";
import { Ellipsis } from "lucide-react";
import { age, duration, fullTime } from "../../format.ts";
import { paths } from "../../paths.ts";
import { Status, stateOfTask, stateWord } from "../../ui/Status.tsx";
import { useNow } from "../../ui/Time.tsx";
import { numberOf, standingQuery } from "../releases/queries.ts";
import classes from "./dashboard.module.css";
import type { Environment, Item, Project } from "./queries.ts";
import { t } from "./text.ts";

const DAY_MS = 86_400_000;

export function slugOf(project: Project): string {
  return project.Slug ?? project.Id ?? "";
}

interface CellProps {
  project: Project;
  environment: Environment;
  item: Item | undefined;
  /** In the grid the arrow keys lead here, not Tab. */
  tabIndex?: number;
}

export function Cell({ project, environment, item, tabIndex = 0 }: CellProps) {
  if (!item) {
    const isOutside = !project.EnvironmentIds?.includes(environment.Id ?? "");
    return (
      <span className={classes.nothing}>
        <span aria-hidden>{isOutside ? "" : "—"}</span>
        <span className="visually-hidden">{t(isOutside ? "notInLifecycle" : "notDeployed")}</span>
      </span>
    );
  }
  const state = stateOfTask(item);
  const at = item.CompletedTime ?? item.StartTime ?? item.Created ?? "";
  const isOld = Date.now() - Date.parse(at) > DAY_MS;
  return (
    <Link
      to={paths.deployment(slugOf(project), numberOf(item.DeploymentId ?? ""))}
      className={classes.deployment}
      tabIndex={tabIndex}
    >
      <Status state={state} label={item.ReleaseVersion ?? ""} quiet={isOld && state === "succeeded"} />
      <span className="visually-hidden">{` ${stateWord(state)} `}</span>
      <Standing item={item} state={state} at={at} />
      {state === "running" && <Progress percent={item["Regatta.PercentComplete"] ?? 0} />}
    </Link>
  );
}

function Standing({ item, state, at }: { item: Item; state: string; at: string }) {
  const now = useNow(10_000);
  const percent = item["Regatta.PercentComplete"];
  const left = item["Regatta.RemainingMs"];
  if (state === "running" && percent != null) {
    if (item["Regatta.IsOverdue"] === true) return <Word text={t("late")} more={t("lateText")} />;
    const text =
      left != null && left > 0 ? t("progressLeft", { percent, left: duration(left) }) : t("progress", { percent });
    return <Word text={text} />;
  }
  if (state === "person") return <Word text={t("waits")} more={t("waitsForPerson")} />;
  return (
    <time className={classes.standing} dateTime={at} title={fullTime(at)}>
      {age(at, now)}
    </time>
  );
}

/** Cut where there is no room for it; then it can be read by pointing at it. */
function Word({ text, more = text }: { text: string; more?: string }) {
  return (
    <span className={classes.standing} title={more}>
      {text}
      {more !== text && <span className="visually-hidden">{`, ${more}`}</span>}
    </span>
  );
}

function Progress({ percent }: { percent: number }) {
  return (
    <svg className={classes.progress} viewBox="0 0 100 1" preserveAspectRatio="none" aria-hidden>
      <rect width={Math.max(2, percent)} height="1" />
    </svg>
  );
}

/** How many deployments wait in the queue until this one has ended. */
export function Behind({ item }: { item: Item | undefined }) {
  const n = item?.["Regatta.Queued"] ?? 0;
  if (n === 0) return null;
  return (
    <Tooltip label={t("behindText", { n })}>
      <span className={classes.newer}>
        <span aria-hidden>{t("behind", { n })}</span>
        <span className="visually-hidden">{t("behindText", { n })}</span>
      </span>
    </Tooltip>
  );
}

/** How many newer releases could come here. */
export function Newer({ item }: { item: Item | undefined }) {
  const n = item?.["Regatta.NewerReleases"] ?? 0;
  if (n === 0) return null;
  return (
    <Tooltip label={t("newerText", { n })}>
      <span className={classes.newer}>
        <span aria-hidden>{t("newer", { n })}</span>
        <span className="visually-hidden">{t("newerText", { n })}</span>
      </span>
    </Tooltip>
  );
}

interface CellMenuProps extends CellProps {
  environments: Environment[];
  opened: boolean;
  onChange: (opened: boolean) => void;
}

/** What can be done from a cell; where the release goes next the server says when it is opened. Everything leads to a page that shows what will happen first. */
export function CellMenu({ project, environment, item, environments, opened, onChange }: CellMenuProps) {
  const navigate = useNavigate();
  const slug = slugOf(project);
  const version = item?.ReleaseVersion ?? "";
  const { data: standing } = useQuery({
    ...standingQuery(item?.ReleaseId ?? ""),
    enabled: opened && item !== undefined,
  });
  const next = environments.filter(
    ({ Id }) => Id !== environment.Id && standing?.NextDeployments.includes(Id ?? "") === true,
  );
  const label = t("actions", { project: project.Name ?? "", environment: environment.Name ?? "" });
  const go = (to: string) => () => navigate({ to });
  if (!item) return null;
  return (
    <Menu opened={opened} onChange={onChange} position="bottom-end" withinPortal>
      <Menu.Target>
        <button type="button" className={classes.more} tabIndex={-1} aria-label={label}>
          <Ellipsis size={14} aria-hidden />
        </button>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Item onClick={go(paths.deployment(slug, numberOf(item.DeploymentId ?? "")))}>
          {t("openDeployment")}
        </Menu.Item>
        <Menu.Item onClick={go(paths.release(slug, version))}>{t("openRelease", { version })}</Menu.Item>
        <Menu.Divider />
        <Menu.Item onClick={go(paths.deploy(slug, version, environment.Id))}>{t("again", { version })}</Menu.Item>
        {next.map(({ Id, Name }) => (
          <Menu.Item key={Id} onClick={go(paths.deploy(slug, version, Id))}>
            {t("promote", { version, environment: Name ?? "" })}
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  );
}
