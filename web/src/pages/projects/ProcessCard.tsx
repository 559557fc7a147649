/** The process of a project in a few figures, its last change, and what is wrong with it. */
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { answer, api, inSpace, type Schemas } from "../../api/client.ts";
import { asApiError } from "../../api/errors.ts";
import { isWorthSaying } from "../../figures.ts";
import { exactDuration } from "../../format.ts";
import { paths } from "../../paths.ts";
import { story } from "../../text/story.ts";
import { Section } from "../../ui/Page.tsx";
import { Status } from "../../ui/Status.tsx";
import { ErrorPanel, Skeleton } from "../../ui/states.tsx";
import { Age } from "../../ui/Time.tsx";
import classes from "./projects.module.css";
import { t } from "./text.ts";

type Plan = Schemas["ProcessPlan"];

const planQuery = (project: string) => ({
  queryKey: ["deploymentprocesses", "plan", project],
  queryFn: () =>
    answer(
      api.POST("/api/{spaceId}/projects/{project}/deploymentprocesses/plan", {
        params: { path: inSpace({ project }) },
        body: {} as never,
      }),
    ) as Promise<Plan>,
  staleTime: 0,
});

/** The last change of the process; nothing when the person may not read the audit. */
const lastChangeQuery = (processId: string) => ({
  queryKey: ["events", "last", processId],
  queryFn: async () => {
    try {
      const query = { regarding: processId, eventCategories: "Modified", take: "1" } as never;
      const call = api.GET("/api/{spaceId}/events", { params: { path: inSpace(), query } });
      const page = (await answer(call)) as { Items: Schemas["Event"][] };
      return page.Items[0] ?? null;
    } catch (error) {
      if (asApiError(error).status === 403) return null;
      throw error;
    }
  },
});

export function ProcessCard({ project }: { project: Schemas["Project"] }) {
  const slug = project.Slug ?? project.Id ?? "";
  const plan = useQuery(planQuery(slug));
  return (
    <Section title={t("process")} actions={<Link to={paths.process(slug)}>{t("openProcess")}</Link>}>
      <div className={`card ${classes.process}`}>
        {plan.data ? (
          <Figures plan={plan.data} slug={slug} processId={project.DeploymentProcessId ?? ""} />
        ) : plan.error ? (
          <ErrorPanel what={story.process} error={plan.error} retry={() => plan.refetch()} />
        ) : (
          <Skeleton lines={4} />
        )}
      </div>
    </Section>
  );
}

const PROBLEMS_MAX = 5;

function Figures({ plan, slug, processId }: { plan: Plan; slug: string; processId: string }) {
  const steps = plan.Steps?.length ?? 0;
  const lanes = plan.AtOnceMax ?? 1;
  const isWorth = isWorthSaying(plan.SavedMs, plan.OneByOneMs);
  return (
    <>
      <p className={classes.headline}>
        {t("stepCount", { n: steps })}
        {steps > 1 && <span className="muted">{` · ${lanes > 1 ? t("atOnce", { n: lanes }) : t("chain")}`}</span>}
      </p>
      {steps > 0 && plan.ExpectedMs != null && (
        <dl className={classes.figures}>
          <Figure name={t("typical")} value={exactDuration(plan.ExpectedMs)} />
          {lanes > 1 && isWorth && <Figure name={t("oneByOne")} value={exactDuration(plan.OneByOneMs ?? 0)} />}
          {lanes > 1 && isWorth && (
            <Figure name={t("saves")} value={t("about", { time: exactDuration(plan.SavedMs ?? 0) })} />
          )}
        </dl>
      )}
      {steps > 0 && (plan.WithoutHistory?.length ?? 0) > 0 && <p className="meta">{t("noHistory")}</p>}
      <LastChange processId={processId} version={plan.Version ?? 0} />
      {steps > 0 && <Problems problems={plan.Problems ?? []} slug={slug} />}
    </>
  );
}

function Figure({ name, value }: { name: string; value: string }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd className="number">{value}</dd>
    </div>
  );
}

function LastChange({ processId, version }: { processId: string; version: number }) {
  const { data: change } = useQuery(lastChangeQuery(processId));
  if (!change?.Occurred) return null;
  const details = (change as { Details?: string[] }).Details ?? [];
  return (
    <div>
      <h3 className={classes.sub}>{t("lastChange")}</h3>
      <p>
        {`${t("version", { version })} · ${change.Username} · `}
        <Age at={change.Occurred} />
      </p>
      {details.slice(0, 2).map((detail) => (
        <p key={detail} className="meta">
          {detail}
        </p>
      ))}
    </div>
  );
}

function Problems({ problems, slug }: { problems: NonNullable<Plan["Problems"]>; slug: string }) {
  const open = problems.filter((problem) => problem.Level === "Error" || problem.Level === "Warning");
  if (open.length === 0) return <Status state="succeeded" label={t("noProblems")} quiet />;
  return (
    <div>
      <h3 className={classes.sub}>{t("problems")}</h3>
      <ul className={classes.problems}>
        {open.slice(0, PROBLEMS_MAX).map((problem) => (
          <li key={problem.Message}>
            <Status state={problem.Level === "Error" ? "failed" : "warning"} iconOnly />
            <span>{problem.Message}</span>
          </li>
        ))}
      </ul>
      {open.length > PROBLEMS_MAX && (
        <Link to={paths.process(slug)}>{t("moreProblems", { n: open.length - PROBLEMS_MAX })}</Link>
      )}
    </div>
  );
}
