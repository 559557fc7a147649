/** A run, live: what happens, in which order, and what it waits for. The same of a deployment and of a runbook. */
import { Link, useNavigate, useParams } from "@tanstack/react-router";
import { type ComponentType, Suspense, useMemo } from "react";
import { queryClient } from "../../api/queries.ts";
import { type DeploymentTab, type Owner, paths } from "../../paths.ts";
import type { Loading } from "../../routing.tsx";
import { useKeys, useShortcutList } from "../../shell/keys.ts";
import { story } from "../../text/story.ts";
import { chunk } from "../../ui/chunk.tsx";
import { Page as Frame } from "../../ui/Page.tsx";
import { NotFound, Skeleton } from "../../ui/states.tsx";
import { StoppedBanner } from "../tasks/TaskQueue.tsx";
import { Announcer } from "./Announcer.tsx";
import classes from "./deployment.module.css";
import { useRun } from "./follow.ts";
import { Header } from "./Header.tsx";
import { readAhead } from "./log/lines.ts";
import { tally } from "./look.ts";
import { useWhileOffline } from "./offline.ts";
import { runKey, runQuery } from "./queries.ts";
import { Questions } from "./questions/Questions.tsx";
import { isOfRunbook } from "./run.ts";
import { Summary } from "./Summary.tsx";
import { t } from "./text.ts";
import { VerdictLine } from "./Verdict.tsx";
import type { TabProps, Where } from "./where.ts";

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

/** The code of the view: read beside what it shows, not after it. */
export const readView = ({ params }: Loading) => chunks.get(tabOf(params))?.ahead();

/** The run, and the beginning of its log when that is what is looked at. */
export function loadRun(task: string, { params, search }: Loading) {
  const isNew = queryClient.getQueryData(runKey(task)) === undefined;
  const isWholeLog = params.tab === "log" && Object.keys(search).length === 0 && location.hash === "";
  if (isNew && isWholeLog) readAhead(task);
  return queryClient.ensureQueryData(runQuery(task));
}

const tabs: { tab: DeploymentTab; text: string }[] = [
  { tab: "summary", text: story.taskSummary },
  { tab: "graph", text: story.graph },
  { tab: "timeline", text: story.timeline },
  { tab: "log", text: story.taskLog },
  { tab: "variables", text: t("variables") },
  { tab: "artifacts", text: t("artifacts") },
  { tab: "history", text: t("history") },
];

export function RunViews({ task, where }: { task: string; where: Where }) {
  const view = tabOf(useParams({ strict: false }));
  const run = useRun(task);
  useWhileOffline(run);
  useTabKeys(where.owner, where.n);
  const View = views.get(view);
  if (!View) return <NotFound />;
  return (
    <Frame wide>
      <Header run={run} where={where} />
      {run.Queue?.Reason === "SpaceStopped" && <StoppedBanner />}
      <Questions run={run} where={where} isFirstOpen={view === "summary"} />
      <VerdictLine run={run} />
      <Tabs where={where} tab={view} run={run} />
      <Suspense fallback={<Skeleton />}>
        <View run={run} where={where} />
      </Suspense>
      <Announcer run={run} />
    </Frame>
  );
}

function Tabs({ where, tab, run }: TabProps & { tab: string }) {
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
      <nav aria-label={t(isOfRunbook(run) ? "tabsOfRun" : "tabs")} className={classes.tabs}>
        <ul>
          {tabs.map((item) => (
            <li key={item.tab}>
              <Link
                to={paths.deployment(where.owner, where.n, item.tab)}
                aria-current={item.tab === tab ? "page" : undefined}
              >
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

function useTabKeys(owner: Owner, n: string) {
  const navigate = useNavigate();
  const keys = useMemo(() => {
    const go = (tab: DeploymentTab) => () => navigate({ to: paths.deployment(owner, n, tab) });
    return Object.fromEntries(tabs.slice(0, 4).map(({ tab }, at) => [String(at + 1), go(tab)]));
  }, [navigate, owner, n]);
  useKeys(keys);
  useShortcutList(t("deployments"), shortcuts);
}
