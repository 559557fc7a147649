import { expect, test } from "vitest";
import { whileOffline } from "./offline.ts";
import type { Run, StepState } from "./run.ts";

const run = (...states: StepState[]) =>
  ({ Steps: states.map((State, at) => ({ StepSlug: `step-${at}`, State })) }) as unknown as Run;

test("what finished while nothing was heard is counted, what had finished before is not", () => {
  const before = run("Succeeded", "Running", "Pending", "Pending");
  expect(whileOffline(before, run("Succeeded", "Failed", "Skipped", "Running"))).toBe(
    "Reconnected. 2 steps finished while you were offline.",
  );
  expect(whileOffline(before, before)).toBe("Reconnected. No step finished while you were offline.");
});
