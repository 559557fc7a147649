/** The plan before one presses Deploy: where, when, what is left out, and how long it should take. */
import { Select } from "@mantine/core";
import { useQuery, useSuspenseQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useEffect, useState } from "react";
import { useDenied } from "../../api/can.ts";
import { answerAs, api, inSpace } from "../../api/client.ts";
import { environmentsQuery, projectQuery, queryClient } from "../../api/queries.ts";
import { paths } from "../../paths.ts";
import { type Loading, useParam, useSearchState } from "../../routing.tsx";
import { listed } from "../../text/messages.ts";
import { story } from "../../text/story.ts";
import { Action, LinkAction } from "../../ui/Action.tsx";
import { Refusal } from "../../ui/Form.tsx";
import { Page as Frame, PageHeader, Section } from "../../ui/Page.tsx";
import { Banner, Empty, ErrorPanel, Skeleton } from "../../ui/states.tsx";
import { StoppedBanner } from "../tasks/TaskQueue.tsx";
import { BeforeDeploy } from "./BeforeDeploy.tsx";
import { chosen, Options, PLAINLY } from "./Options.tsx";
import { PlanView } from "./PlanView.tsx";
import { PromptField } from "./PromptField.tsx";
import { numberOf, openQuery, type Phase, planQuery, previewQuery, releaseQuery, standingQuery } from "./queries.ts";
import classes from "./releases.module.css";
import { actionsOf, useIdempotencyKey } from "./starting.ts";
import { Totals } from "./Totals.tsx";
import { t } from "./text.ts";

export const load = async ({ params }: Loading) => {
  const release = await queryClient.ensureQueryData(releaseQuery(params.project ?? "", params.version ?? ""));
  await Promise.all([
    queryClient.fetchQuery(standingQuery(release.Id ?? "")),
    queryClient.fetchQuery(openQuery(release.Id ?? "")),
    queryClient.ensureQueryData(environmentsQuery),
  ]);
};

export function Page() {
  const slug = useParam("project");
  const version = useParam("version");
  const { data: release } = useSuspenseQuery(releaseQuery(slug, version));
  const { data: standing } = useSuspenseQuery(standingQuery(release.Id ?? ""));
  const { data: environments } = useSuspenseQuery(environmentsQuery);
  const { data: open } = useSuspenseQuery(openQuery(release.Id ?? ""));
  const allowed = open.PromoteTo.map((one) => one.Id);
  const [asked, setEnvironment] = useSearchState("env", "");
  // People write names and slugs into addresses; the portal writes ids.
  const known = environments.find((one) => [one.Id, one.Slug, one.Name].includes(asked));
  const environment = known?.Id ?? standing.NextDeployments.find((id) => allowed.includes(id)) ?? allowed[0];
  const name = environments.find((one) => one.Id === environment)?.Name ?? "";
  if (environment === undefined) {
    return (
      <Frame>
        <PageHeader title={t("release", { version })} />
        <Empty
          text={t("noEnvironments")}
          action={<LinkAction to={paths.environments()}>{t("openEnvironments")}</LinkAction>}
        />
      </Frame>
    );
  }
  return (
    <Frame wide>
      <PageHeader title={t("deployTitle", { version, environment: name })} />
      <Select
        label={t("choose")}
        w={280}
        data={environments
          .filter((one) => allowed.includes(one.Id ?? "") || one.Id === environment)
          .map((one) => ({ value: one.Id ?? "", label: one.Name ?? "" }))}
        value={environment}
        onChange={(id) => id && setEnvironment(id)}
        allowDeselect={false}
        comboboxProps={{ withinPortal: false }}
      />
      <Deploying
        key={environment}
        releaseId={release.Id ?? ""}
        environment={environment}
        notYet={allowed.includes(environment) ? undefined : notYet(standing.Phases, name)}
      />
    </Frame>
  );
}

/** Why the lifecycle does not let the release go there: the phases that come first, as the server says they stand. */
function notYet(phases: Phase[], environment: string): string {
  const open = phases.filter((phase) => phase.Progress !== "Complete" && !phase.Blocked && !phase.IsOptionalPhase);
  const first = open.map((phase) => phase.Name);
  return first.length > 0 ? t("notYet", { environment, phases: listed(first) }) : t("notInLifecycle", { environment });
}

interface DeployingProps {
  releaseId: string;
  environment: string;
  notYet: string | undefined;
}

/** Everything that depends on the environment. */
function Deploying({ releaseId, environment, notYet }: DeployingProps) {
  const slug = useParam("project");
  const navigate = useNavigate();
  const { data: project } = useSuspenseQuery(projectQuery(slug));
  const [excluded, setExcluded] = useSearchState("exclude", "");
  const left = excluded ? excluded.split(",") : [];
  // Says which actions the steps of the address are.
  const { data: whole } = useQuery(planQuery(releaseId, environment, []));
  const skip = actionsOf(whole, left);
  const planned = useQuery({ ...planQuery(releaseId, environment, skip), placeholderData: (before) => before });
  const preview = useQuery(previewQuery(releaseId, environment));
  const [form, setForm] = useState<Record<string, string>>({});
  const [how, setHow] = useState(PLAINLY);
  const [isBusy, setBusy] = useState(false);
  const [failure, setFailure] = useState<unknown>();
  const denied = useDenied("DeploymentCreate", { project, environmentId: environment });
  // Nothing is deployed before it is known what it does and what it asks for.
  const failed = planned.error ? t("cannotPlan") : preview.error ? t("cannotAsk") : undefined;
  const unread = whole && preview.data ? undefined : t("stillPlanning");
  const key = useIdempotencyKey(`${releaseId} ${environment}`);
  useEffect(() => setForm(preview.data?.Form.Values ?? {}), [preview.data]);

  const deploy = async () => {
    setBusy(true);
    setFailure(undefined);
    try {
      const body = {
        ReleaseId: releaseId,
        EnvironmentId: environment,
        SkipActions: skip,
        Comments: how.comments,
        FormValues: form,
        ...chosen(how, "QueueTime"),
      };
      const made = await answerAs<{ Id: string }>(
        api.POST("/api/{spaceId}/deployments", {
          params: { path: inSpace() },
          headers: { "Idempotency-Key": key() },
          body: body as never,
        }),
      );
      for (const topic of ["releases", "deployments", "dashboard", "tasks"]) {
        queryClient.invalidateQueries({ queryKey: [topic] });
      }
      navigate({ to: paths.deployment(slug, numberOf(made.Id)) });
    } catch (error) {
      setFailure(error);
      setBusy(false);
    }
  };
  const leave = (step: string, isOut: boolean) => {
    const next = isOut ? [...left, step] : left.filter((other) => other !== step);
    setExcluded(next.join(",") || undefined);
  };
  return (
    <>
      {notYet && <Banner tone="warning">{notYet}</Banner>}
      {planned.data?.Queue?.Reason === "SpaceStopped" && <StoppedBanner />}
      <Section title={t("plan")}>
        {planned.error ? (
          <ErrorPanel what={t("plan")} error={planned.error} retry={() => planned.refetch()} />
        ) : planned.data ? (
          <>
            <Totals plan={planned.data} />
            <PlanView plan={planned.data} left={left} onLeave={leave} />
          </>
        ) : (
          <Skeleton lines={6} />
        )}
      </Section>
      {planned.data && !planned.error && <BeforeDeploy plan={planned.data} />}
      {preview.error && <ErrorPanel what={t("whatItAsksFor")} error={preview.error} retry={() => preview.refetch()} />}
      {(preview.data?.Form.Elements.length ?? 0) > 0 && (
        <Section title={t("prompts")}>
          <div className={classes.form}>
            {preview.data?.Form.Elements.map((element) => (
              <PromptField
                key={element.Name}
                prompt={element}
                value={form[element.Name] ?? ""}
                onChange={(value) => setForm((before) => ({ ...before, [element.Name]: value }))}
              />
            ))}
          </div>
        </Section>
      )}
      <Options
        how={how}
        onChange={setHow}
        usual={t("guidedDefault", { value: preview.data?.UseGuidedFailureModeByDefault ? t("yes") : t("no") })}
      />
      {failure !== undefined && <Refusal error={failure} />}
      <div className={classes.sticky}>
        <Action look="primary" busy={isBusy} denied={denied ?? notYet ?? failed ?? unread} onClick={deploy}>
          {story.deploy}
        </Action>
      </div>
    </>
  );
}
