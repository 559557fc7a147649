/** The releases of a project and how far each has come. */
import { useSuspenseQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { Package } from "lucide-react";
import { useDenied } from "../../api/can.ts";
import { projectQuery, queryClient } from "../../api/queries.ts";
import { paths } from "../../paths.ts";
import { type Loading, useParam, useTypedState } from "../../routing.tsx";
import { matches } from "../../shell/matching.ts";
import { story } from "../../text/story.ts";
import { LinkAction } from "../../ui/Action.tsx";
import { Filter, NoneFits } from "../../ui/Form.tsx";
import { Page as Frame, PageHeader } from "../../ui/Page.tsx";
import { Status, stateOfTask } from "../../ui/Status.tsx";
import { Empty } from "../../ui/states.tsx";
import { Age } from "../../ui/Time.tsx";
import { type Item, numberOf, type Progression, progressionQuery } from "./queries.ts";
import classes from "./releases.module.css";
import { t } from "./text.ts";

export const load = ({ params }: Loading) => queryClient.ensureQueryData(progressionQuery(params.project ?? ""));

export function Page() {
  const slug = useParam("project");
  const { data: project } = useSuspenseQuery(projectQuery(slug));
  const { data: progression } = useSuspenseQuery(progressionQuery(slug));
  const [text, setText] = useTypedState("q");
  const denied = useDenied("ReleaseCreate", { project });
  const shown = progression.Releases.filter((row) => matches(text, row.Release.Version ?? ""));
  const create = (
    <LinkAction look="primary" to={paths.newRelease(slug)} denied={denied} isButton mark="create">
      {story.createRelease}
    </LinkAction>
  );
  return (
    <Frame wide={isBroad(progression.Environments)}>
      <PageHeader title={t("releases")} windowTitle={`${t("releases")} · ${project.Name ?? slug}`} actions={create} />
      {progression.Releases.length === 0 ? (
        <Empty icon={<Package size={24} strokeWidth={1.5} aria-hidden />} text={t("none")} />
      ) : (
        <div className="stack">
          <Filter label={t("filter")} value={text} onChange={setText} />
          {shown.length === 0 ? (
            <NoneFits text={t("nothing", { text })} clear={t("clear")} onClear={() => setText("")} />
          ) : (
            <ReleaseTable project={slug} environments={progression.Environments} rows={shown} />
          )}
        </div>
      )}
    </Frame>
  );
}

interface TableProps {
  project: string;
  environments: Progression["Environments"];
  rows: Progression["Releases"];
}

const COLUMNS_MAX = 6;

/** With few environments the rows of a whole screen lie too far apart to be read. */
export function isBroad(environments: Progression["Environments"]): boolean {
  return environments.length > COLUMNS_MAX;
}

/** Releases × environments, the newest first. */
export function ReleaseTable({ project, environments, rows }: TableProps) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard
    <section className={classes.scroll} aria-label={t("releases")} tabIndex={0}>
      <table className={`table ${classes.matrix}`}>
        <thead>
          <tr>
            <th scope="col">{t("version")}</th>
            {environments.map((environment) => (
              <th key={environment.Id} scope="col">
                {environment.Name}
              </th>
            ))}
            <th scope="col">{t("channel")}</th>
            <th scope="col">{t("created")}</th>
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={row.Release.Id}>
              <th scope="row">
                <Link to={paths.release(project, row.Release.Version ?? "")}>{row.Release.Version}</Link>
              </th>
              {environments.map((environment) => (
                <td key={environment.Id}>
                  <Cell
                    project={project}
                    version={row.Release.Version ?? ""}
                    environment={environment}
                    item={row.Deployments[environment.Id]?.[0]}
                    isNext={row.NextDeployments.includes(environment.Id)}
                  />
                </td>
              ))}
              <td className="muted">{row.Channel?.Name}</td>
              <td>{row.Release.Assembled && <Age at={row.Release.Assembled} />}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

interface CellProps {
  project: string;
  version: string;
  environment: { Id: string; Name: string };
  item: Item | undefined;
  isNext: boolean;
}

const DAY_MS = 86_400_000;

function Cell({ project, version, environment, item, isNext }: CellProps) {
  if (!item) {
    if (!isNext) return <span className="muted">—</span>;
    return <Link to={paths.deploy(project, version, environment.Id)}>{story.deploy}</Link>;
  }
  const isOld = Date.now() - Date.parse(item.CompletedTime ?? item.Created) > DAY_MS;
  return (
    <Link to={paths.deployment(project, numberOf(item.DeploymentId))} className="row">
      <Status state={stateOfTask(item)} quiet={isOld} />
      <Age at={item.CompletedTime ?? item.Created} />
    </Link>
  );
}
