import { expect, test } from "vitest";
import { after, knownUpTo, type Run, type Step, withKnown } from "./run.ts";

const step: Step = {
  Number: 1,
  StepSlug: "deploy",
  StepName: "Deploy",
  State: "Pending",
  Lane: 0,
  RailFrom: 1,
  RailTo: 1,
  WaitsFor: [],
  Condition: "Success",
  MachineIds: ["Machines-1", "Machines-2"],
  Actions: [],
  Message: "old",
  Waiting: { Kind: "Lock", Reason: "MachineLock", Message: "waiting" },
  ActionRuns: [
    { ActionSlug: "deploy", MachineId: "Machines-1", State: "Pending" },
    { ActionSlug: "deploy", MachineId: "Machines-2", State: "Pending" },
  ],
};
const run = { Task: {}, At: "", AsOf: 4, Machines: [], Steps: [step] } as unknown as Run;
const started = {
  Seq: 5,
  At: "2026-01-01T00:00:00Z",
  Type: "TicketStarted",
  Steps: [
    {
      StepSlug: "deploy",
      State: "Running" as const,
      StartedAt: "2026-01-01T00:00:00Z",
      ActionRuns: [{ ActionSlug: "deploy", MachineId: "Machines-2", State: "Running" as const }],
    },
  ],
};

test("an event replaces what it names and leaves the rest", () => {
  const next = after(run, [started]);
  expect(next.AsOf).toBe(5);
  expect(next.Steps[0]).toMatchObject({ State: "Running", StepName: "Deploy", StartedAt: "2026-01-01T00:00:00Z" });
  expect(next.Steps[0]?.ActionRuns.map((action) => action.State)).toEqual(["Pending", "Running"]);
  // A key that is not in the event has no value any more.
  expect(next.Steps[0]).not.toHaveProperty("Message");
  expect(next.Steps[0]).not.toHaveProperty("Waiting");
});

test("a repeated event changes nothing, a missing one is noticed", () => {
  const next = after(run, [started]);
  expect(after(next, [started])).toBe(next);
  expect(after(run, [{ ...started, Seq: 6 }])).toBe(run);
  // What comes before the gap counts.
  expect(after(run, [started, { ...started, Seq: 7 }])).toEqual(next);
});

test("what a snapshot leaves out is as it was, but reasons and progress are told or gone", () => {
  const waiting = { Kind: "Lock", Reason: "MachineLock", Message: "waiting" };
  const [one, two] = step.ActionRuns as [Step["ActionRuns"][number], Step["ActionRuns"][number]];
  const known: Run = { ...run, Steps: [{ ...step, ActionRuns: [{ ...one, Waiting: waiting }, two] }] };
  const running = { ...two, State: "Running" as const, Progress: { Percent: 5 } };
  const fresh: Run = { ...run, AsOf: 6, Steps: [{ ...step, State: "Running", ActionRuns: [running] }] };
  const whole = withKnown(fresh, known);
  expect([whole.AsOf, whole.Steps[0]?.State]).toEqual([6, "Running"]);
  expect(whole.Steps[0]?.ActionRuns).toEqual([one, running]);
  const later = withKnown({ ...fresh, Steps: [{ ...step, ActionRuns: [] }] }, whole);
  expect(later.Steps[0]?.ActionRuns).toEqual([one, { ...two, State: "Running" }]);
});

test("nothing may be left out for a page that was opened before the run had a plan", () => {
  // Events may be told before the first snapshot with steps.
  expect(knownUpTo({ ...run, AsOf: 3, Steps: [] })).toBe(0);
  expect(knownUpTo(undefined)).toBe(0);
  expect(knownUpTo(run)).toBe(4);
});
