import { expect, test } from "vitest";
import type { Timeline } from "../queries.ts";
import { byPlace, byStep, ticks } from "./bars.ts";

const segment = (MachineId: string, Kind: string, FromMs: number, ToMs: number) => ({
  ActionSlug: "a",
  MachineId,
  Kind,
  FromMs,
  ToMs,
  Outcome: "Succeeded",
});
const timeline: Timeline = {
  AtOnce: [],
  CriticalPath: [],
  Steps: [
    {
      Number: 1,
      StepSlug: "api",
      StepName: "API",
      Segments: [
        segment("m1", "Dependency", 0, 10),
        segment("m1", "Running", 10, 20),
        segment("m2", "Lock", 10, 25),
        segment("m2", "Running", 25, 40),
      ],
    },
    { Number: 2, StepSlug: "web", StepName: "Web", Segments: [segment("m1", "Running", 15, 30)] },
  ],
};

test("the row of a step shows when any of its targets ran, else what it waited for", () => {
  const bars = byStep(timeline)[0]?.bars.map((bar) => [bar.look, bar.fromMs, bar.toMs]);
  expect(bars).toEqual([
    ["dependency", 0, 10],
    ["ran", 10, 20],
    ["capacity", 20, 25],
    ["ran", 25, 40],
  ]);
});

test("steps that overlap on a machine lie beside each other", () => {
  const rows = byPlace(timeline, (at) => ({ id: at.MachineId ?? "", name: at.MachineId ?? "" }));
  expect(rows.map((row) => [row.label, row.lanes])).toEqual([
    ["m1", 2],
    ["m2", 1],
  ]);
});

test("marks of the axis are round and few", () => {
  expect(ticks(0, 6_900, 8)).toEqual([0, 1000, 2000, 3000, 4000, 5000, 6000]);
  expect(ticks(0, 3_600_000, 6).length).toBeLessThanOrEqual(7);
});
