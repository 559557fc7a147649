/** The lines that are in view; the rest of the window is only space. What is looked at never moves by itself. */
import { useVirtualizer } from "@tanstack/react-virtual";
import { forwardRef, useEffect, useImperativeHandle, useLayoutEffect, useMemo, useRef, useState } from "react";
import type { Run } from "../run.ts";
import { LogRow } from "./LogRow.tsx";
import type { Line } from "./lines.ts";
import classes from "./log.module.css";
import { t } from "./text.ts";
import type { Held } from "./window.ts";

export interface LogListHandle {
  /** Shows a line in the middle; false when it is not held. */
  reveal(number: number): boolean;
  toEnd(): void;
  /** The number of the line in the middle of the view. */
  lookedAt(): number;
}

interface Props {
  run: Run;
  held: Held;
  hit: RegExp | undefined;
  /** Lines that are marked whole. */
  hits: ReadonlySet<number> | undefined;
  range: { from: number; to: number } | undefined;
  pick: (number: number, isRange: boolean) => void;
  clockKind: string;
  isMerged: boolean;
  isWrapped: boolean;
  isFollowing: boolean;
  current: number | undefined;
  older: () => void;
  newer: () => void;
  onFollowing: (on: boolean) => void;
  onEnd: () => void;
}

const LINE_PX = 20;
const NEAR_ROWS = 60;

export const LogList = forwardRef<LogListHandle, Props>(function LogList(props, ref) {
  const { run, held, hit, hits, range, pick, clockKind, isMerged, isWrapped, isFollowing, current } = props;
  const { lines } = held;
  const box = useRef<HTMLDivElement>(null);
  const shown = useRef<number | undefined>(undefined);
  const seen = useRef(0);
  const pending = useRef<number | undefined>(undefined);
  const [middle, setMiddle] = useState<number>();
  const rows = useVirtualizer({
    count: lines.length,
    getScrollElement: () => box.current,
    estimateSize: () => LINE_PX,
    overscan: 20,
    getItemKey: (at) => lines[at]?.Number ?? at,
  });
  const items = rows.getVirtualItems();
  const lanes = useMemo(() => new Map(run.Steps.map((step) => [step.StepSlug, step.Lane])), [run.Steps]);
  const laneCount = isMerged ? Math.max(0, ...lanes.values()) + 1 : 0;

  useImperativeHandle(ref, () => ({
    reveal(number) {
      const at = lines.findIndex((line) => line.Number >= number);
      if (at < 0 || lines[at]?.Number !== number) {
        pending.current = number;
        return false;
      }
      shown.current = number;
      setMiddle(number);
      rows.scrollToIndex(at, { align: "center" });
      return true;
    },
    toEnd: () => rows.scrollToIndex(lines.length - 1, { align: "end" }),
    lookedAt: () => middle ?? lines[items[Math.floor(items.length / 2)]?.index ?? 0]?.Number ?? 0,
  }));

  // A line that was jumped to: shown when the window around it has come.
  useLayoutEffect(() => {
    const at = pending.current === undefined ? -1 : lines.findIndex((line) => line.Number === pending.current);
    if (at < 0) return;
    setMiddle(pending.current);
    shown.current = pending.current;
    pending.current = undefined;
    rows.scrollToIndex(at, { align: "center" });
  }, [lines, rows]);

  // A permalink or the first error: in view as soon as it is there, once.
  useLayoutEffect(() => {
    if (!held.isLoaded || lines.length === 0) return;
    const wanted = range?.from ?? lines.find((line) => isError(line))?.Number;
    if (shown.current === undefined && wanted !== undefined && (range || run.HasFailed || run.Questions?.length)) {
      const at = lines.findIndex((line) => line.Number >= wanted);
      if (at >= 0) rows.scrollToIndex(at, { align: "center" });
      setMiddle(wanted);
    } else if (shown.current === undefined) rows.scrollToIndex(lines.length - 1, { align: "end" });
    shown.current ??= wanted ?? 0;
  }, [held.isLoaded, lines, range, rows, run.HasFailed, run.Questions]);

  // Lines that come before what is looked at push it down; it is held where it was.
  useLayoutEffect(() => {
    if (held.shift !== 0 && box.current) box.current.scrollTop += held.shift * LINE_PX;
  }, [held]);
  useEffect(() => {
    if (isFollowing && lines.length > 0) rows.scrollToIndex(lines.length - 1, { align: "end" });
  }, [isFollowing, lines, rows]);

  const last = lines.at(-1)?.Number ?? 0;
  if (isFollowing) seen.current = last;
  const fresh = lines.length - lines.findIndex((line) => line.Number > seen.current);
  const hasFresh = !run.Task.IsCompleted && seen.current > 0 && last > seen.current;

  const scrolled = () => {
    const at = box.current;
    if (!at || !held.isLoaded) return;
    const first = items[0]?.index ?? 0;
    const end = items.at(-1)?.index ?? 0;
    if (first < NEAR_ROWS) props.older();
    if (end > lines.length - NEAR_ROWS && !held.isEnd) props.newer();
  };
  const wheeled = (event: { deltaY: number }) => {
    if (event.deltaY < 0 && isFollowing) props.onFollowing(false);
  };
  return (
    <>
      <div
        ref={box}
        role="log"
        aria-live="off"
        aria-label={t("log")}
        // biome-ignore lint/a11y/noNoninteractiveTabindex: it is scrolled with the keyboard
        tabIndex={0}
        className={classes.box}
        data-wrapped={isWrapped || undefined}
        onScroll={scrolled}
        onWheel={wheeled}
        onKeyDown={(event) => {
          if (["ArrowUp", "PageUp", "Home"].includes(event.key)) props.onFollowing(false);
        }}
        onTouchMove={() => isFollowing && props.onFollowing(false)}
      >
        <div className={classes.all} style={{ blockSize: rows.getTotalSize() }}>
          {items.map((item) => {
            const line = lines[item.index] as Line;
            const before = lines[item.index - 1];
            return (
              <div
                key={item.key}
                ref={isWrapped ? rows.measureElement : undefined}
                data-index={item.index}
                className={classes.place}
                style={{ transform: `translateY(${item.start}px)` }}
              >
                <LogRow
                  line={line}
                  lane={lanes.get(line.StepSlug ?? "") ?? 0}
                  lanes={laneCount}
                  label={before && sourceOf(before) === sourceOf(line) ? "" : labelOf(run, line)}
                  time={timeOf(run, line, clockKind)}
                  isSelected={range !== undefined && line.Number >= range.from && line.Number <= range.to}
                  isCurrent={line.Number === (current ?? middle)}
                  hit={hit}
                  isHit={hits?.has(line.Number) ?? false}
                  onPick={pick}
                />
              </div>
            );
          })}
        </div>
      </div>
      {!isFollowing && (hasFresh || !held.isEnd) && lines.length > 0 && (
        <button type="button" className={classes.toEnd} onClick={props.onEnd}>
          {hasFresh && held.isEnd ? t("newLines", { n: fresh }) : t("toEnd")}
        </button>
      )}
    </>
  );
});

const isError = (line: Line) => line.Category === "Error" || line.Category === "Fatal";
const sourceOf = (line: Line) => `${line.StepSlug} ${line.MachineId} ${line.Attempt}`;

function labelOf(run: Run, line: Line): string {
  const step = run.Steps.find((known) => known.StepSlug === line.StepSlug);
  const machine = run.Machines.find((known) => known.Id === line.MachineId);
  return [step?.StepName, machine?.Name].filter(Boolean).join(" · ");
}

function timeOf(run: Run, line: Line, kind: string): string {
  const at = Date.parse(line.OccurredAt);
  if (kind === "utc") return new Date(at).toISOString().slice(11, 23);
  if (kind === "local") return local.format(at);
  const ms = Math.max(0, at - Date.parse(run.Task.StartTime ?? line.OccurredAt));
  const [minutes, seconds] = [Math.floor(ms / 60_000), (ms % 60_000) / 1_000];
  return `${minutes}:${seconds.toFixed(3).padStart(6, "0")}`;
}

const local = new Intl.DateTimeFormat("en-GB", { timeStyle: "medium" });
