import { expect, test } from "vitest";
import { remaining, wordsOf } from "./look.ts";
import type { Forecast, Run, Step } from "./run.ts";

const runWith = (forecast: Partial<Forecast>) =>
  ({ Steps: [{}, {}], Forecast: { WithoutHistory: [], ...forecast } }) as unknown as Run;

test("what is left is a range, and nobody says so of what takes longer than it ever did", () => {
  const range = (From: number, To: number, OverdueMs = 0) =>
    remaining(runWith({ RemainingMs: { From, To }, OverdueMs }));
  expect(range(60_000, 90_000)).toBe("about 1m 00s to 1m 30s left");
  expect(range(1_000, 1_200)).toBe("about 1s left");
  expect(range(1_000, 1_200, 80_000)).toBe("longer than usual by 1m 20s");
  expect(remaining(runWith({ WithoutHistory: ["a", "b"] }))).toBeUndefined();
});

test("a step that is late says so, beside how many of its targets are done", () => {
  const step = (machines: string[], OverdueMs: number) =>
    ({
      State: "Running",
      Expected: { OverdueMs },
      ActionRuns: machines.map((MachineId, at) => ({ MachineId, State: at === 0 ? "Succeeded" : "Running" })),
    }) as unknown as Step;
  expect(wordsOf(step(["m1", "m2"], 5_000))).toBe("1 of 2 targets done, longer than usual by 5s");
  expect(wordsOf(step(["m1", "m2"], 0))).toBe("1 of 2 targets done");
  const one = { ...step([], 5_000), ActionRuns: [{ ActionSlug: "a", State: "Running" as const }] };
  expect(wordsOf(one)).toBe("Longer than usual by 5s");
});
