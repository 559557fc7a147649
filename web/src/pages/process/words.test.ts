import { expect, test } from "vitest";
import type { PlanStep } from "./model.ts";
import { bySlug, ranges, spoken, startsShort } from "./words.ts";

const all: PlanStep[] = [
  { Number: 1, StepSlug: "a", StepName: "A", StartRule: "AfterPrevious", WaitsFor: [], FollowedBy: ["b"] },
  {
    Number: 2,
    StepSlug: "b",
    StepName: "B",
    StartRule: "After",
    WaitsFor: [{ StepSlug: "a", Kind: "Explicit" }],
    FollowedBy: [],
  },
  {
    Number: 3,
    StepSlug: "c",
    StepName: "C",
    StartRule: "AfterPrevious",
    WaitsFor: [
      { StepSlug: "a", Kind: "Implicit", IsRedundant: true },
      { StepSlug: "b", Kind: "Implicit" },
    ],
  },
];

test("what a step waits for reads by number", () => {
  expect(all.map((step) => startsShort(step, bySlug(all)))).toEqual(["at start", "after 1", "after all above (1, 2)"]);
  expect(ranges([1, 2, 3, 5, 7, 8])).toBe("1–3, 5, 7, 8");
});

test("a step is read out with all that matters", () => {
  expect(spoken(all[1] as PlanStep, bySlug(all), 1)).toBe("B, step 2 of 3, parallel, waits for A, 1 problem");
});
