/** What running side by side was worth: one by one, actual, best possible, and what waiting cost. */
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { isWorthSaying } from "../../../figures.ts";
import { exactDuration } from "../../../format.ts";
import { type Owner, paths } from "../../../paths.ts";
import { type Timeline, type Verdict, verdictQuery } from "../queries.ts";
import type { TabProps } from "../where.ts";
import { t } from "./text.ts";
import classes from "./timeline.module.css";
import { WhatIf } from "./WhatIf.tsx";

export function ResultCard({ run, where, timeline }: TabProps & { timeline: Timeline }) {
  const isOver = run.Task.IsCompleted;
  const { data: verdict } = useQuery({ ...verdictQuery(run.Task.Id), enabled: run.AsOf > 0 });
  const times = isOver ? verdict : timeline.Forecast;
  if (!times || times.OneByOneMs === 0) return null;
  const bars = [
    { name: t("oneByOne"), ms: times.OneByOneMs, look: "other" },
    { name: t(isOver ? "actual" : "expected"), ms: times.ActualMs, look: "actual" },
    { name: t("best"), ms: times.BestPossibleMs, look: "other" },
  ];
  const longest = Math.max(...bars.map((bar) => bar.ms), 1);
  const names = new Map(run.Steps.map((step) => [step.StepSlug, step.StepName]));
  const path = times.CriticalPath.map((slug) => names.get(slug) ?? slug).join(" → ");
  return (
    <div className={classes.cards}>
      <section className="card" aria-labelledby="result">
        <h2 id="result">{t(isOver ? "result" : "forecast")}</h2>
        <dl className={classes.results}>
          {bars.map((bar) => (
            <div key={bar.name}>
              <dt>{bar.name}</dt>
              <dd>
                <i data-look={bar.look} style={{ inlineSize: `${(bar.ms / longest) * 100}%` }} />
                <span className="number">{exactDuration(bar.ms)}</span>
              </dd>
            </div>
          ))}
        </dl>
        <Saved times={times} isOver={isOver} owner={where.owner} />
        {isOver && verdict && verdict.LostWaitingMs > 0 && <p>{lost(verdict)}</p>}
        {path && <p className="muted">{t("path", { path })}</p>}
        <details className={classes.definitions}>
          <summary>{t("definitions")}</summary>
          <p>{t("defOneByOne")}</p>
          <p>{t("defBest")}</p>
          <p>{t("defPeople")}</p>
        </details>
      </section>
      <WhatIf run={run} />
    </div>
  );
}

function Saved({
  times,
  isOver,
  owner,
}: {
  times: { OneByOneMs: number; ActualMs: number; SavedMs: number };
  isOver: boolean;
  owner: Owner;
}) {
  if (!isWorthSaying(times.SavedMs, times.OneByOneMs)) {
    return (
      <p>
        {t("noneSaved")} <Link to={paths.process(owner)}>{t("makeParallel")}</Link>
      </p>
    );
  }
  const factor = (times.OneByOneMs / Math.max(1, times.ActualMs)).toFixed(1);
  return (
    <p className={classes.saved}>{t(isOver ? "saved" : "willSave", { time: exactDuration(times.SavedMs), factor })}</p>
  );
}

const LOST = {
  WorkersMs: "lostWorkers",
  MachinesMs: "lostMachines",
  LimitsMs: "lostLimits",
  RetriesMs: "lostRetries",
} as const;

function lost(verdict: Verdict): string {
  const machines = verdict.LostTo.flatMap((to) => (to.MachineName ? [to.MachineName] : []));
  const parts = Object.entries(verdict.Lost).map(([key, ms]) =>
    t(LOST[key as keyof typeof LOST] ?? "lostOther", { time: exactDuration(ms), machines: machines.join(", ") }),
  );
  return t("lost", { time: exactDuration(verdict.LostWaitingMs), parts: parts.join(", ") });
}
