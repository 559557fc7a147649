/** When each step waited and ran: by step, by target or by worker, with the critical path and what is to come. */
import { useQuery } from "@tanstack/react-query";
import { Maximize2, Table2, ZoomIn, ZoomOut } from "lucide-react";
import { useMemo } from "react";
import { exactDuration } from "../../../format.ts";
import { useSearchState } from "../../../routing.tsx";
import { Action } from "../../../ui/Action.tsx";
import { Empty, ErrorPanel, Skeleton } from "../../../ui/states.tsx";
import { machineName } from "../look.ts";
import { type Segment, type Timeline, type TimelineStep, timelineQuery } from "../queries.ts";
import { isOfRunbook, type Run } from "../run.ts";
import type { TabProps } from "../where.ts";
import { type Bar, byPlace, byStep, endOf, nowOf } from "./bars.ts";
import { Chart, type Window } from "./Chart.tsx";
import { ResultCard } from "./ResultCard.tsx";
import { TimelineTable } from "./TimelineTable.tsx";
import { t } from "./text.ts";
import classes from "./timeline.module.css";

const ways = ["step", "target", "worker"] as const;

const called = (run: Run) => t(isOfRunbook(run) ? "figureOfRun" : "figure");

export default function TimelineTab({ run, where }: TabProps) {
  const isOver = run.Task.IsCompleted;
  const { data, error, refetch } = useQuery({
    ...timelineQuery(run.Task.Id),
    enabled: run.AsOf > 0,
    refetchInterval: isOver ? false : 1_000,
  });
  if (run.AsOf === 0) return <Empty text={t("notStarted")} />;
  if (error && !data) return <ErrorPanel what={called(run)} error={error} retry={refetch} />;
  if (!data) return <Skeleton />;
  return (
    <>
      <Figure timeline={data} run={run} />
      <ResultCard run={run} where={where} timeline={data} />
    </>
  );
}

function Figure({ timeline, run }: { timeline: Timeline; run: Run }) {
  const [by, setBy] = useSearchState<(typeof ways)[number]>("by", "step");
  const [view, setView] = useSearchState<"chart" | "table">("view", "chart");
  const [isPath, setPath] = useSearchState<"on" | "off">("path", "on");
  const [selected, setSelected] = useSearchState("step", "");
  const [zoom, setZoom] = useZoom(endOf(timeline));
  const rows = useMemo(() => rowsOf(timeline, run, by), [timeline, run, by]);
  const names = useMemo(() => new Map(timeline.Steps.map((step) => [step.StepSlug, step.StepName])), [timeline]);
  const path = new Set(isPath === "on" ? timeline.CriticalPath : []);
  const step = timeline.Steps.find((known) => known.StepSlug === selected);
  return (
    <figure aria-label={called(run)} className={classes.figure}>
      <div className={classes.tools}>
        <fieldset className={classes.segmented}>
          <legend className="visually-hidden">{t("by")}</legend>
          {ways.map((way) => (
            <button key={way} type="button" aria-pressed={way === by} onClick={() => setBy(way)}>
              {t(way)}
            </button>
          ))}
        </fieldset>
        <label className={classes.check}>
          <input type="checkbox" checked={isPath === "on"} onChange={() => setPath(isPath === "on" ? "off" : "on")} />
          {t("critical")}
        </label>
        <span className={classes.spring} />
        <ZoomActions window={zoom} end={endOf(timeline)} onWindow={setZoom} />
        <Action
          look="quiet"
          icon={<Table2 size={16} strokeWidth={1.75} aria-hidden />}
          onClick={() => setView(view === "table" ? "chart" : "table")}
        >
          {t(view === "table" ? "asChart" : "asTable")}
        </Action>
      </div>
      {view === "table" ? (
        <TimelineTable timeline={timeline} />
      ) : (
        <>
          <Chart
            {...{ timeline, rows, names, path, selected }}
            window={zoom}
            now={run.Task.IsCompleted ? undefined : nowOf(timeline)}
            onSelect={setSelected}
            onWindow={setZoom}
          />
          <Legend bars={rows.flatMap((row) => row.bars)} isPath={path.size > 0} />
        </>
      )}
      {step && <Selected step={step} isOnPath={timeline.CriticalPath.includes(step.StepSlug)} />}
    </figure>
  );
}

function rowsOf(timeline: Timeline, run: Run, by: string) {
  if (by === "step") return byStep(timeline);
  const place = (segment: Segment) => {
    if (by === "worker") return { id: segment.WorkerId ?? "none", name: workerName(segment) };
    const id = segment.MachineId;
    return { id: id ?? "worker", name: id ? machineName(run.Machines, id) : t("onWorker") };
  };
  const rows = byPlace(timeline, place);
  return by === "worker" ? rows.filter((row) => row.key !== "none") : rows;
}

const workerName = (segment: Segment) => segment.WorkerId?.replace(/^Workers-/, "") ?? t("onServer");

/** The part of time that is shown, kept in the address. */
function useZoom(end: number): [Window, (window: Window | undefined) => void] {
  const [text, setText] = useSearchState("zoom", "", "replace");
  const [from, to] = text.split("-").map(Number);
  const isSet = from !== undefined && to !== undefined && from >= 0 && to > from;
  const window = isSet ? { from, to } : { from: 0, to: end };
  const set = (next: Window | undefined) =>
    setText(next ? `${Math.max(0, Math.round(next.from))}-${Math.round(next.to)}` : "");
  return [window, set];
}

interface ZoomProps {
  window: Window;
  end: number;
  onWindow: (window: Window | undefined) => void;
}

function ZoomActions({ window, end, onWindow }: ZoomProps) {
  const zoom = (factor: number) => {
    const middle = (window.from + window.to) / 2;
    const half = ((window.to - window.from) / 2) * factor;
    const next = { from: Math.max(0, middle - half), to: Math.min(end, middle + half) };
    onWindow(next.from <= 0 && next.to >= end ? undefined : next);
  };
  return (
    <>
      <Action look="quiet" label={t("zoomOut")} icon={<ZoomOut size={16} aria-hidden />} onClick={() => zoom(2)} />
      <Action look="quiet" label={t("zoomIn")} icon={<ZoomIn size={16} aria-hidden />} onClick={() => zoom(0.5)} />
      <Action
        look="quiet"
        label={t("fit")}
        icon={<Maximize2 size={16} aria-hidden />}
        onClick={() => onWindow(undefined)}
      />
    </>
  );
}

/** Only what is in the picture. */
function Legend({ bars, isPath }: { bars: Bar[]; isPath: boolean }) {
  const kinds = new Map<string, Bar>();
  for (const bar of bars) {
    const isRun = bar.look === "ran" || bar.look === "running" || bar.look === "failed";
    kinds.set(bar.isExpected && isRun ? "predicted" : isRun ? "running" : bar.kind, bar);
  }
  return (
    <ul className={classes.legend}>
      {[...kinds].map(([kind, bar]) => (
        <li key={kind}>
          <i className={classes.bar} data-look={bar.look} data-expected={kind === "predicted" || undefined} />
          {t(kind as "Worker")}
        </li>
      ))}
      {isPath && (
        <li>
          <i className={classes.bar} data-look="ran" data-critical />
          {t("critical")}
        </li>
      )}
    </ul>
  );
}

function Selected({ step, isOnPath }: { step: TimelineStep; isOnPath: boolean }) {
  const waits = new Map<string, number>();
  for (const { Kind, FromMs, ToMs } of step.Segments) {
    if (Kind !== "Running" && Kind !== "Dependency") waits.set(Kind, Math.max(waits.get(Kind) ?? 0, ToMs - FromMs));
  }
  const words = [...waits].map(([kind, ms]) => `${t(kind as "Worker")} ${exactDuration(ms)}`);
  const times = { from: exactDuration(step.BeganMs ?? 0), to: exactDuration(step.OverMs ?? 0) };
  return (
    <p className={classes.selected} role="status">
      <strong>{t("selected", { step: step.StepName, ...times })}</strong>{" "}
      {isOnPath || !step.SlackMs ? t("noSlackText") : t("slackText", { time: exactDuration(step.SlackMs) })}{" "}
      <span className="muted">{words.join(" · ")}</span>
    </p>
  );
}
