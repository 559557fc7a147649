/** One deployment, live: what happens, in which order, and what it waits for. */
import { useSuspenseQuery } from "@tanstack/react-query";
import { Link, useNavigate, useParams } from "@tanstack/react-router";
import { type ComponentType, Suspense, useMemo } from "react";
import { environmentsQuery, projectQuery, queryClient } from "../../api/queries.ts";
import { type DeploymentTab, paths } from "../../paths.ts";
import { type Loading, useParam } from "../../routing.tsx";
import { useKeys, useShortcutList } from "../../shell/keys.ts";
import { story } from "../../text/story.ts";
import { chunk } from "../../ui/chunk.tsx";
import { Page as Frame } from "../../ui/Page.tsx";
import { NotFound, Skeleton } from "../../ui/states.tsx";
import { StoppedBanner } from "../tasks/TaskQueue.tsx";
import { Announcer } from "./Announcer.tsx";
import classes from "./deployment.module.css";
import { useRun } from "./follow.ts";
import { Header, type Where } from "./Header.tsx";
import { readAhead } from "./log/lines.ts";
import { tally } from "./look.ts";
import { useWhileOffline } from "./offline.ts";
import { deploymentQuery, releaseByIdQuery, runKey, runQuery } from "./queries.ts";
import { Questions } from "./questions/Questions.tsx";
import type { Run } from "./run.ts";
import { Summary } from "./Summary.tsx";
import { t } from "./text.ts";
import { VerdictLine } from "./Verdict.tsx";

const chunks = new Map([
  ["graph", chunk<TabProps>(() => import("./graph/GraphTab.tsx"))],
  ["timeline", chunk<TabProps>(() => import("./timeline/TimelineTab.tsx"))],
  ["log", chunk<TabProps>(() => import("./log/LogTab.tsx"))],
  ["variables", chunk<TabProps>(() => import("./more/VariablesTab.tsx"))],
  ["artifacts", chunk<TabProps>(() => import("./more/ArtifactsTab.tsx"))],
  ["history", chunk<TabProps>(() => import("./more/HistoryTab.tsx"))],
]);

const views = new Map<string, ComponentType<TabProps>>([["summary", Summary], ...chunks]);

/** The address of lines of the log names a step, and no tab. */
const tabOf = ({ tab = "summary", step }: { tab?: string; step?: string }) => (step ? "log" : tab);

export const load = async ({ params, search }: Loading) => {
  // Read beside what it shows, not after it.
  const code = chunks.get(tabOf(params))?.ahead();
  const [deployment] = await Promise.all([
    queryClient.ensureQueryData(deploymentQuery(params.n ?? "")),
    queryClient.ensureQueryData(environmentsQuery),
  ]);
  const task = deployment.TaskId ?? "";
  const isNew = queryClient.getQueryData(runKey(task)) === undefined;
  const isWholeLog = params.tab === "log" && Object.keys(search).length === 0 && location.hash === "";
  if (isNew && isWholeLog) readAhead(task);
  await Promise.all([
    code,
    queryClient.ensureQueryData(releaseByIdQuery(deployment.ReleaseId ?? "")),
    queryClient.ensureQueryData(runQuery(task)),
  ]);
};

const tabs: { tab: DeploymentTab; text: string }[] = [
  { tab: "summary", text: story.taskSummary },
  { tab: "graph", text: story.graph },
  { tab: "timeline", text: story.timeline },
  { tab: "log", text: story.taskLog },
  { tab: "variables", text: t("variables") },
  { tab: "artifacts", text: t("artifacts") },
  { tab: "history", text: t("history") },
];

export interface TabProps {
  run: Run;
  where: Where;
}

export function Page() {
  const slug = useParam("project");
  const n = useParam("n");
  const view = tabOf(useParams({ strict: false }));
  const { data: project } = useSuspenseQuery(projectQuery(slug));
  const { data: deployment } = useSuspenseQuery(deploymentQuery(n));
  const { data: release } = useSuspenseQuery(releaseByIdQuery(deployment.ReleaseId ?? ""));
  const { data: environments } = useSuspenseQuery(environmentsQuery);
  const run = useRun(deployment.TaskId ?? "");
  useWhileOffline(run);
  const id = deployment.EnvironmentId ?? "";
  const name = environments.find((known) => known.Id === id)?.Name ?? id;
  const version = release.Version ?? "";
  const where = useMemo<Where>(
    () => ({ slug, n, project, version, environment: { Id: id, Name: name } }),
    [slug, n, project, version, id, name],
  );
  useTabKeys(slug, n);
  const View = views.get(view);
  if (!View || deployment.ProjectId !== project.Id) return <NotFound />;
  return (
    <Frame wide>
      <Header run={run} where={where} />
      {run.Queue?.Reason === "SpaceStopped" && <StoppedBanner />}
      <Questions run={run} where={where} isFirstOpen={view === "summary"} />
      <VerdictLine run={run} />
      <Tabs slug={slug} n={n} tab={view} run={run} />
      <Suspense fallback={<Skeleton />}>
        <View run={run} where={where} />
      </Suspense>
      <Announcer run={run} />
    </Frame>
  );
}

function Tabs({ slug, n, tab, run }: { slug: string; n: string; tab: string; run: Run }) {
  const count = tally(run.Steps);
  const words = [
    count.failed > 0 && t("countFailed", { n: count.failed }),
    count.person > 0 && t("countPerson", { n: count.person }),
    count.done > 0 && t("countDone", { n: count.done }),
    count.running > 0 && t("countRunning", { n: count.running }),
    count.waiting > 0 && t("countWaiting", { n: count.waiting }),
  ].filter(Boolean);
  return (
    <div className={classes.bar}>
      <nav aria-label={t("tabs")} className={classes.tabs}>
        <ul>
          {tabs.map((item) => (
            <li key={item.tab}>
              <Link to={paths.deployment(slug, n, item.tab)} aria-current={item.tab === tab ? "page" : undefined}>
                {item.text}
              </Link>
            </li>
          ))}
        </ul>
      </nav>
      <span className={classes.counts}>{words.join(" · ")}</span>
    </div>
  );
}

const shortcuts = tabs.slice(0, 4).map(({ text }, at) => ({ keys: String(at + 1), does: text }));

function useTabKeys(slug: string, n: string) {
  const navigate = useNavigate();
  const keys = useMemo(() => {
    const go = (tab: DeploymentTab) => () => navigate({ to: paths.deployment(slug, n, tab) });
    return Object.fromEntries(tabs.slice(0, 4).map(({ tab }, at) => [String(at + 1), go(tab)]));
  }, [navigate, slug, n]);
  useKeys(keys);
  useShortcutList(t("deployments"), shortcuts);
}
