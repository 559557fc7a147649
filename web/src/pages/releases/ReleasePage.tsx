/** One release: what it holds, how far it has come, and where it may go next. */
import { useSuspenseQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useDenied } from "../../api/can.ts";
import { environmentsQuery, projectQuery, queryClient } from "../../api/queries.ts";
import { duration } from "../../format.ts";
import { paths } from "../../paths.ts";
import { type Loading, useParam } from "../../routing.tsx";
import { format } from "../../text/messages.ts";
import { story } from "../../text/story.ts";
import { LinkAction } from "../../ui/Action.tsx";
import { Page as Frame, PageHeader, Section } from "../../ui/Page.tsx";
import { Prose } from "../../ui/Prose.tsx";
import { Status, stateOfTask } from "../../ui/Status.tsx";
import { Age } from "../../ui/Time.tsx";
import { packageName } from "./packages.ts";
import {
  numberOf,
  type Phase,
  processQuery,
  releaseQuery,
  type SelectedPackage,
  standingQuery,
  type Task,
} from "./queries.ts";
import classes from "./releases.module.css";
import { t } from "./text.ts";

export const load = async ({ params }: Loading) => {
  const release = await queryClient.ensureQueryData(releaseQuery(params.project ?? "", params.version ?? ""));
  await Promise.all([
    queryClient.fetchQuery(standingQuery(release.Id ?? "")),
    queryClient.ensureQueryData(processQuery(release.ProjectDeploymentProcessSnapshotId ?? "")),
    queryClient.ensureQueryData(environmentsQuery),
  ]);
};

export function Page() {
  const slug = useParam("project");
  const version = useParam("version");
  const { data: project } = useSuspenseQuery(projectQuery(slug));
  const { data: release } = useSuspenseQuery(releaseQuery(slug, version));
  const { data: standing } = useSuspenseQuery(standingQuery(release.Id ?? ""));
  const { data: process } = useSuspenseQuery(processQuery(release.ProjectDeploymentProcessSnapshotId ?? ""));
  return (
    <Frame>
      <PageHeader
        title={t("release", { version })}
        windowTitle={`${project.Name ?? slug} ${version}`}
        meta={
          <span className="row">
            {release.Assembled && (
              <span>
                {t("createdAt")} <Age at={release.Assembled} />
              </span>
            )}
            <span>· {t("processVersion", { version: process.Version ?? 0 })}</span>
          </span>
        }
      />
      <h2 className="visually-hidden">{t("path")}</h2>
      <ol className={classes.path} aria-label={t("path")}>
        {standing.Phases.map((phase, at) => (
          <PhaseItem
            key={phase.Id}
            phase={phase}
            before={standing.Phases[at - 1]}
            place={{ slug, version, project }}
            isMain={phase === standing.Phases.find((other) => other.Progress === "Current")}
          />
        ))}
      </ol>
      <Section title={t("notes")}>
        {release.ReleaseNotes ? <Prose text={release.ReleaseNotes} /> : <p className="muted">{t("noNotes")}</p>}
      </Section>
      <Section title={t("packages")}>
        <Packages packages={(release.SelectedPackages ?? []) as SelectedPackage[]} />
      </Section>
      <Section title={t("history")}>
        <History phases={standing.Phases} slug={slug} />
      </Section>
    </Frame>
  );
}

interface PhaseProps {
  phase: Phase;
  before: Phase | undefined;
  place: { slug: string; version: string; project: { Id?: string; ProjectGroupId?: string } };
  isMain: boolean;
}

function PhaseItem({ phase, before, place, isMain }: PhaseProps) {
  const environments = [...phase.AutomaticDeploymentTargets, ...phase.OptionalDeploymentTargets];
  return (
    <li className={classes.phase}>
      <div className={classes.environments}>
        {environments.map((id, at) => (
          <EnvironmentCard
            key={id}
            id={id}
            phase={phase}
            place={place}
            hint={phase.Blocked && before ? t("after", { phase: before.Name }) : undefined}
            isMain={isMain && at === 0}
          />
        ))}
      </div>
    </li>
  );
}

interface CardProps {
  id: string;
  phase: Phase;
  place: PhaseProps["place"];
  hint: string | undefined;
  isMain: boolean;
}

function EnvironmentCard({ id, phase, place, hint, isMain }: CardProps) {
  const { data: environments } = useSuspenseQuery(environmentsQuery);
  const denied = useDenied("DeploymentCreate", { project: place.project, environmentId: id });
  const name = environments.find((environment) => environment.Id === id)?.Name ?? id;
  const last = phase.Deployments.find((deployment) => deployment.Deployment.EnvironmentId === id);
  const text = last ? t("redeploy", { environment: name }) : format(story.deployTo, { environment: name });
  const look = isMain && !last ? "primary" : "default";
  const to = paths.deploy(place.slug, place.version, id);
  return (
    <div className={phase.Blocked ? `${classes.environment} ${classes.blocked}` : classes.environment}>
      <h3>
        {name}
        {phase.IsOptionalPhase && <span className="meta">{t("optional")}</span>}
      </h3>
      {last ? (
        <Link to={paths.deployment(place.slug, numberOf(last.Deployment.Id))} className="row">
          <Status state={stateOfTask(last.Task)} />
          <Age at={last.Task.CompletedTime ?? last.Task.QueueTime ?? ""} />
        </Link>
      ) : (
        <span className="muted">{hint ?? t("notDeployed")}</span>
      )}
      {!phase.Blocked && (
        <LinkAction
          look={denied ? "default" : look}
          to={to}
          denied={denied}
          isButton
          mark={isMain ? "deploy" : undefined}
        >
          {text}
        </LinkAction>
      )}
    </div>
  );
}

function Packages({ packages }: { packages: SelectedPackage[] }) {
  if (packages.length === 0) return <p className="muted">{t("noPackages")}</p>;
  return (
    <table className="table stacked">
      <thead>
        <tr>
          <th scope="col">{t("package")}</th>
          <th scope="col">{t("version")}</th>
          <th scope="col">{t("ofStep")}</th>
        </tr>
      </thead>
      <tbody>
        {packages.map((one) => (
          <tr key={`${one.ActionName} ${one.PackageReferenceName ?? ""}`}>
            <th scope="row">{packageName(one)}</th>
            <td className="mono" data-label={t("version")}>
              {one.Version}
            </td>
            <td data-label={t("ofStep")}>{one.StepName || one.ActionName}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function tookOf(task: Task): string {
  if (!task.StartTime || !task.CompletedTime) return "";
  return duration(Date.parse(task.CompletedTime) - Date.parse(task.StartTime));
}

function History({ phases, slug }: { phases: Phase[]; slug: string }) {
  const { data: environments } = useSuspenseQuery(environmentsQuery);
  const all = phases.flatMap((phase) => phase.Deployments);
  if (all.length === 0) return <p className="muted">{t("noHistory")}</p>;
  return (
    <table className="table stacked">
      <thead>
        <tr>
          <th scope="col">{t("environment")}</th>
          <th scope="col">{t("state")}</th>
          <th scope="col">{t("started")}</th>
          <th scope="col" className="end">
            {t("took")}
          </th>
        </tr>
      </thead>
      <tbody>
        {all.map(({ Task: task, Deployment: deployment }) => (
          <tr key={deployment.Id}>
            <td data-label={t("environment")}>
              <Link to={paths.deployment(slug, numberOf(deployment.Id))}>
                {environments.find((environment) => environment.Id === deployment.EnvironmentId)?.Name}
              </Link>
            </td>
            <td data-label={t("state")}>
              <Status state={stateOfTask(task)} />
            </td>
            <td data-label={t("started")}>{task.QueueTime && <Age at={task.QueueTime} />}</td>
            <td className="end number" data-label={t("took")}>
              {tookOf(task)}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
