/** The plan of a run in each environment, what it asks for, and the button. */
import { useQueries, useQuery, useSuspenseQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { can, useDenied } from "../../api/can.ts";
import { rightsQuery } from "../../api/queries.ts";
import { type Owner, paths } from "../../paths.ts";
import { useSearchState } from "../../routing.tsx";
import { Action } from "../../ui/Action.tsx";
import { Refusal } from "../../ui/Form.tsx";
import { Section } from "../../ui/Page.tsx";
import { ErrorPanel, Skeleton } from "../../ui/states.tsx";
import { useWork } from "../../ui/work.ts";
import { BeforeDeploy } from "../releases/BeforeDeploy.tsx";
import { chosen, Options, PLAINLY } from "../releases/Options.tsx";
import { PlanView } from "../releases/PlanView.tsx";
import { PromptField } from "../releases/PromptField.tsx";
import { numberOf, type Plan, type Preview, type Prompt } from "../releases/queries.ts";
import classes from "../releases/releases.module.css";
import { actionsOf, useIdempotencyKey } from "../releases/starting.ts";
import { Totals } from "../releases/Totals.tsx";
import { StoppedBanner } from "../tasks/TaskQueue.tsx";
import { type Runbook, runPlanQuery, runPreviewQuery, start } from "./queries.ts";
import { t } from "./text.ts";

interface StartingProps {
  owner: Owner;
  project: { Id?: string; ProjectGroupId?: string };
  runbook: Runbook;
  snapshot: string;
  /** Of what is not published only who may edit the runbook makes a run. */
  isDraft: boolean;
  environments: { Id: string; Name: string }[];
}

export function Starting(props: StartingProps) {
  const { owner, project, runbook, snapshot, environments } = props;
  const [excluded, setExcluded] = useSearchState("exclude", "");
  const left = excluded ? excluded.split(",") : [];
  // Says which actions the steps of the address are; nothing is run before that is known.
  const whole = useQuery(runPlanQuery(snapshot, environments[0]?.Id ?? "", []));
  const skip = actionsOf(whole.data, left);
  const plans = useQueries({
    queries: environments.map(({ Id }) => ({
      ...runPlanQuery(snapshot, Id, skip),
      placeholderData: (before: Plan | undefined) => before,
    })),
  });
  const previews = useQueries({ queries: environments.map(({ Id }) => runPreviewQuery(snapshot, Id)) });
  const asked = promptsOf(previews.flatMap(({ data }) => data ?? []));
  const [given, setGiven] = useState<Record<string, string>>({});
  const [how, setHow] = useState(PLAINLY);
  const navigate = useNavigate();
  const work = useWork();
  const key = useIdempotencyKey(`${snapshot} ${environments.map(({ Id }) => Id).join(" ")}`);
  const isUnread = [whole, ...plans, ...previews].some(({ data }) => data === undefined);
  const failed = [whole, ...plans, ...previews].find(({ error }) => error)?.error;
  const denied = useMayNot(props);
  const run = async () => {
    const runs = await start(
      {
        ProjectName: project.Id ?? "",
        RunbookName: runbook.Id ?? "",
        Snapshot: snapshot,
        EnvironmentNames: environments.map(({ Id }) => Id),
        SkipStepNames: skip,
        Variables: Object.fromEntries(asked.map(({ name, usual }) => [name, given[name] ?? usual])),
        Comments: how.comments,
        ...chosen(how, "RunAt"),
      },
      key(),
    );
    const [only = ""] = runs;
    await navigate({ to: runs.length === 1 ? paths.deployment(owner, numberOf(only)) : paths.runbook(owner) });
  };
  const leave = (step: string, isOut: boolean) => {
    const next = isOut ? [...left, step] : left.filter((other) => other !== step);
    setExcluded(next.join(",") || undefined);
  };
  return (
    <>
      {plans.some(({ data }) => data?.Queue?.Reason === "SpaceStopped") && <StoppedBanner />}
      {environments.map(({ Id, Name }, at) => (
        <PlanIn key={Id} environment={Name} planned={plans[at]} left={left} onLeave={leave} />
      ))}
      {asked.length > 0 && (
        <Section title={t("prompts")}>
          <div className={classes.form}>
            {asked.map(({ name, usual, prompt }) => (
              <PromptField
                key={name}
                prompt={prompt}
                value={given[name] ?? usual}
                onChange={(value) => setGiven((before) => ({ ...before, [name]: value }))}
              />
            ))}
          </div>
        </Section>
      )}
      <Options how={how} onChange={setHow} usual={usualOf(previews.flatMap(({ data }) => data ?? []))} />
      {work.failure !== undefined && <Refusal error={work.failure} />}
      <div className={classes.sticky}>
        <Action
          look="primary"
          busy={work.isBusy}
          denied={denied ?? (failed ? t("cannotPlan") : isUnread ? t("stillPlanning") : undefined)}
          onClick={() => work.run(run)}
        >
          {t("start", { n: environments.length })}
        </Action>
      </div>
    </>
  );
}

/** Why the person may not run it everywhere they chose. */
function useMayNot({ project, environments, isDraft }: StartingProps): string | undefined {
  const { data: rights } = useSuspenseQuery(rightsQuery);
  const isClosed = ({ Id }: { Id: string }) => !can(rights, "RunbookRunCreate", { project, environmentId: Id });
  const place = environments.find(isClosed) ?? environments[0];
  const toRun = useDenied("RunbookRunCreate", { project, environmentId: place?.Id });
  const toEdit = useDenied("RunbookEdit", { project });
  return toRun ?? (isDraft ? toEdit : undefined);
}

interface Asks {
  name: string;
  /** The value it has when nobody gives another. */
  usual: string;
  prompt: Prompt;
}

/** What is asked for in any of the environments, once. */
function promptsOf(previews: Preview[]): Asks[] {
  const all = new Map<string, Asks>();
  for (const { Form } of previews) {
    for (const prompt of Form.Elements) {
      const name = prompt.Control.Name;
      if (!all.has(name)) all.set(name, { name, usual: Form.Values[prompt.Name] ?? "", prompt });
    }
  }
  return [...all.values()];
}

/** What happens about failures when nothing is chosen, where that is the same in every environment. */
function usualOf(previews: Preview[]): string {
  const [first, ...others] = previews.map((preview) => preview.UseGuidedFailureModeByDefault);
  if (first === undefined || others.some((other) => other !== first)) return t("usualAnywhere");
  return t("usual", { value: t(first ? "on" : "off") });
}

interface PlanInProps {
  environment: string;
  planned: { data: Plan | undefined; error: unknown; refetch: () => unknown } | undefined;
  left: string[];
  onLeave: (slug: string, isOut: boolean) => void;
}

function PlanIn({ environment, planned, left, onLeave }: PlanInProps) {
  const title = t("planIn", { environment });
  return (
    <>
      <Section title={title}>
        {planned?.error ? (
          <ErrorPanel what={title} error={planned.error} retry={() => planned.refetch()} />
        ) : planned?.data ? (
          <>
            <Totals plan={planned.data} />
            <PlanView plan={planned.data} left={left} onLeave={onLeave} />
          </>
        ) : (
          <Skeleton lines={4} />
        )}
      </Section>
      {planned?.data && !planned.error && <BeforeDeploy plan={planned.data} title={t("before")} />}
    </>
  );
}
