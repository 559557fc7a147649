/** Bars for drawing, from the segments the server names: what lies on one row, and what lies beside it. */
import type { Segment, Timeline } from "../queries.ts";

export type Look = "ran" | "running" | "failed" | "person" | "capacity" | "dependency";

export interface Bar {
  key: string;
  stepSlug: string;
  look: Look;
  isExpected: boolean;
  fromMs: number;
  toMs: number;
  kind: string;
  attempt?: number;
  /** Place among bars of the same row that overlap. */
  lane: number;
}

export interface Row {
  key: string;
  label: string;
  number?: number;
  stepSlug?: string;
  lanes: number;
  bars: Bar[];
}

/** What shows of segments that overlap in one row; the first wins. */
const ORDER: Look[] = ["failed", "running", "ran", "person", "capacity", "dependency"];

export function lookOf(segment: Segment): Look {
  if (segment.Kind === "Person") return "person";
  if (segment.Kind === "Dependency") return "dependency";
  if (segment.Kind !== "Running") return "capacity";
  if (segment.Outcome === undefined) return segment.IsExpected ? "ran" : "running";
  return segment.Outcome === "Succeeded" ? "ran" : "failed";
}

/** A row per step. Its targets run beside each other, so the row shows when any of them did. */
export function byStep(timeline: Timeline): Row[] {
  return timeline.Steps.map((step) => ({
    key: step.StepSlug,
    label: step.StepName,
    number: step.Number,
    stepSlug: step.StepSlug,
    lanes: 1,
    bars: merged(step.StepSlug, step.Segments),
  }));
}

function merged(stepSlug: string, segments: Segment[]): Bar[] {
  const edges = [...new Set(segments.flatMap((segment) => [segment.FromMs, segment.ToMs]))].sort((a, b) => a - b);
  const bars: Bar[] = [];
  for (let at = 0; at + 1 < edges.length; at++) {
    const [fromMs, toMs] = [edges[at] as number, edges[at + 1] as number];
    const here = segments.filter((segment) => segment.FromMs <= fromMs && segment.ToMs >= toMs);
    const top = here.sort((a, b) => ORDER.indexOf(lookOf(a)) - ORDER.indexOf(lookOf(b)))[0];
    if (!top) continue;
    const [look, isExpected] = [lookOf(top), top.IsExpected ?? false];
    const last = bars.at(-1);
    if (
      last &&
      last.toMs === fromMs &&
      last.look === look &&
      last.isExpected === isExpected &&
      last.kind === top.Kind
    ) {
      last.toMs = toMs;
    } else
      bars.push({ key: `${stepSlug}-${fromMs}`, stepSlug, look, isExpected, fromMs, toMs, kind: top.Kind, lane: 0 });
  }
  return bars;
}

/** A row per machine or worker: what really ran there, and what waited for it. */
export function byPlace(timeline: Timeline, placeOf: (segment: Segment) => { id: string; name: string }): Row[] {
  const rows = new Map<string, Row>();
  for (const step of timeline.Steps) {
    for (const segment of step.Segments) {
      if (segment.Kind === "Dependency") continue;
      const place = placeOf(segment);
      const row = rows.get(place.id) ?? { key: place.id, label: place.name, lanes: 1, bars: [] };
      rows.set(place.id, row);
      row.bars.push({
        key: `${step.StepSlug}-${segment.ActionSlug}-${segment.MachineId}-${segment.FromMs}`,
        stepSlug: step.StepSlug,
        look: lookOf(segment),
        isExpected: segment.IsExpected ?? false,
        fromMs: segment.FromMs,
        toMs: segment.ToMs,
        kind: segment.Kind,
        lane: 0,
      });
    }
  }
  for (const row of rows.values()) row.lanes = layOut(row.bars);
  return [...rows.values()].sort((a, b) => a.label.localeCompare(b.label, undefined, { numeric: true }));
}

/** Gives bars that overlap lanes of their own, those of one step the same; answers how many lanes there are. */
function layOut(bars: Bar[]): number {
  const spans = new Map<string, { from: number; to: number; lane: number }>();
  for (const bar of bars) {
    const span = spans.get(bar.stepSlug) ?? { from: bar.fromMs, to: bar.toMs, lane: 0 };
    spans.set(bar.stepSlug, { ...span, from: Math.min(span.from, bar.fromMs), to: Math.max(span.to, bar.toMs) });
  }
  const ends: number[] = [];
  for (const span of [...spans.values()].sort((a, b) => a.from - b.from)) {
    const free = ends.findIndex((end) => end <= span.from);
    span.lane = free < 0 ? ends.length : free;
    ends[span.lane] = span.to;
  }
  for (const bar of bars) bar.lane = spans.get(bar.stepSlug)?.lane ?? 0;
  return Math.max(1, ends.length);
}

/** Round distances between the marks of the axis, at most `count` of them. */
export function ticks(fromMs: number, toMs: number, count: number): number[] {
  const steps = [
    0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1_800, 3_600, 7_200, 14_400, 43_200, 86_400,
  ];
  const wanted = (toMs - fromMs) / 1_000 / count;
  const step = (steps.find((known) => known >= wanted) ?? Math.ceil(wanted / 86_400) * 86_400) * 1_000;
  const all: number[] = [];
  for (let at = Math.ceil(fromMs / step) * step; at <= toMs; at += step) all.push(at);
  return all;
}

/** Where the recorded part ends and the forecast begins. */
export function nowOf(timeline: Timeline): number {
  const segments = timeline.Steps.flatMap((step) => step.Segments).filter((segment) => !segment.IsExpected);
  return Math.max(0, ...segments.map((segment) => segment.ToMs));
}

/** A little more than the whole, so that the last bar does not end at the edge. */
export function endOf(timeline: Timeline): number {
  return Math.max(1, ...timeline.Steps.flatMap((step) => step.Segments.map((segment) => segment.ToMs))) * 1.01;
}
