import { act, render } from "@testing-library/react";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Announcer } from "./Announcer.tsx";
import type { Run, StepState } from "./run.ts";

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

const NAMES = ["Migrate", "Upload", "Warm", "Deploy", "Approve"];

function runOf(states: StepState[], isOver = false): Run {
  const Steps = states.map((State, at) => ({ StepSlug: `step-${at}`, StepName: NAMES[at], State }));
  const Task = { Id: "ServerTasks-1", State: isOver ? "Failed" : "Executing", IsCompleted: isOver };
  return { Task, Steps } as unknown as Run;
}

// Of its own clock; how long it takes on a slow machine is no matter.
test("however fast a run goes, it is told at most every five seconds, and nothing that matters is left out", {
  timeout: 60_000,
}, () => {
  const story: Run[] = [
    runOf(["Running", "Pending", "Pending", "Pending", "Pending"]),
    runOf(["Running", "Running", "Pending", "Pending", "Pending"]),
    runOf(["Running", "Running", "Running", "Pending", "Pending"]),
    runOf(["Succeeded", "Running", "Failed", "Pending", "Pending"]),
    runOf(["Succeeded", "Succeeded", "Failed", "Running", "Pending"]),
    runOf(["Succeeded", "Succeeded", "Failed", "Succeeded", "Interrupted"]),
    runOf(["Succeeded", "Succeeded", "Failed", "Succeeded", "Succeeded"], true),
  ];
  const { container, rerender } = render(<Announcer run={runOf(NAMES.map(() => "Pending" as const))} />);
  const text = (role: string) => container.querySelector(`[role=${role}]`)?.textContent ?? "";
  const told: { at: number; calm: string; urgent: string }[] = [];
  const STEP_MS = 500;
  for (let at = 0; at <= 45_000; at += STEP_MS) {
    // Something happens every 1.7 s, then once more much later.
    const now = story[Math.floor(at / 1_700)] ?? story[at < 30_000 ? 5 : 6];
    if (now) rerender(<Announcer run={now} />);
    act(() => vi.advanceTimersByTime(STEP_MS));
    const [calm, urgent] = [text("status"), text("alert")];
    const last = told.at(-1);
    if (calm !== (last?.calm ?? "") || urgent !== (last?.urgent ?? "")) told.push({ at, calm, urgent });
  }
  expect(told.slice(1).every(({ at }, before) => at - (told[before]?.at ?? 0) >= 5_000)).toBe(true);
  expect(told[0]?.calm).toBe("3 steps started: Migrate, Upload, and Warm.");
  const all = told.map(({ calm, urgent }) => `${urgent} ${calm}`).join(" ");
  expect(all).toContain("Warm failed. 3 steps finished: Migrate, Upload, and Deploy.");
  expect(all).toContain("Approve needs a person.");
  expect(all).toContain("The deployment is over: Failed.");
});
