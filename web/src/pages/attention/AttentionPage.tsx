/** What waits for a person: approvals, and failures that ask what to do. */
import { useQuery, useSuspenseQuery } from "@tanstack/react-query";
import { CircleCheck } from "lucide-react";
import { environmentsQuery, meQuery, projectsQuery, queryClient } from "../../api/queries.ts";
import { paths } from "../../paths.ts";
import { listed } from "../../text/messages.ts";
import { LinkAction } from "../../ui/Action.tsx";
import { Page as Frame, PageHeader } from "../../ui/Page.tsx";
import { Status } from "../../ui/Status.tsx";
import { Empty } from "../../ui/states.tsx";
import { Age } from "../../ui/Time.tsx";
import { numberOf } from "../releases/queries.ts";
import { runbookByIdQuery } from "../runbooks/queries.ts";
import { type Interruption, interruptionsQuery, teamNamesQuery } from "../tasks/queries.ts";
import { t } from "../tasks/text.ts";
import classes from "./attention.module.css";

export const load = () =>
  Promise.all([
    queryClient.ensureQueryData(interruptionsQuery),
    queryClient.ensureQueryData(projectsQuery),
    queryClient.ensureQueryData(environmentsQuery),
  ]);

export function Page() {
  const { data: waiting } = useSuspenseQuery(interruptionsQuery);
  return (
    <Frame>
      <PageHeader title={t("attentionTitle")} />
      {waiting.Items.length === 0 ? (
        <Empty
          icon={<CircleCheck size={24} strokeWidth={1.5} aria-hidden />}
          text={t("nothingWaits")}
          more={<span>{t("nothingWaitsText")}</span>}
        />
      ) : (
        <ul className={classes.list}>
          {waiting.Items.map((item) => (
            <Waiting key={item.Id} item={item} />
          ))}
        </ul>
      )}
    </Frame>
  );
}

function Waiting({ item }: { item: Interruption }) {
  const { data: projects } = useSuspenseQuery(projectsQuery);
  const { data: environments } = useSuspenseQuery(environmentsQuery);
  const related = (prefix: string) => item.RelatedDocumentIds.find((id) => id.startsWith(prefix));
  const project = projects.find((known) => known.Id === related("Projects-"));
  const environment = environments.find((known) => known.Id === related("Environments-"));
  const deployment = related("Deployments-");
  const runbook = related("Runbooks-");
  const { data: run } = useQuery({ ...runbookByIdQuery(runbook ?? ""), enabled: runbook !== undefined });
  const isShort = deployment !== undefined && project !== undefined;
  // Of a run of a runbook one has to ask where it is at home.
  const to = isShort
    ? paths.deployment(project.Slug ?? project.Id ?? "", numberOf(deployment))
    : paths.task(numberOf(item.TaskId));
  const isFailure = item.Type === "GuidedFailure";
  const title = item.Title.replace(/^[^:]*: /, "");
  return (
    <li className={`card ${classes.item}`}>
      <div className={classes.what}>
        <Status state="person" label={t(isFailure ? "guided" : "manual")} />
        <h2>{title}</h2>
      </div>
      <p className={classes.where}>
        {[project?.Name, run?.Name, environment?.Name].filter(Boolean).join(" → ")}
        <span className="muted">
          {" · "}
          <Age at={item.Created} />
          {" · "}
          <Whom item={item} />
        </span>
      </p>
      <div className={classes.act}>
        <LinkAction look="primary" to={to}>
          {t("review")}
          <span className="visually-hidden">{` ${title}`}</span>
        </LinkAction>
      </div>
    </li>
  );
}

function Whom({ item }: { item: Interruption }) {
  const { data: teams } = useQuery(teamNamesQuery);
  const { data: me } = useSuspenseQuery(meQuery);
  if (item.ResponsibleUserId) {
    const who = item.ResponsibleUserId === me.Id ? t("you") : t("somebody");
    return <>{t("taken", { who })}</>;
  }
  const names = item.ResponsibleTeamIds.map((id) => teams?.get(id) ?? id);
  const whom = names.length > 0 ? listed(names) : t("anyone");
  const parts = [t("whom", { whom }), ...(item.CanTakeResponsibility ? [] : [t("notYours")])];
  return <>{parts.join(" · ")}</>;
}
