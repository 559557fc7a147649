import { expect, test } from "vitest";
import type { PlanStep } from "../model.ts";
import { fold } from "./fold.ts";

const step = (StepSlug: string, ...waits: string[]): PlanStep => ({
  StepSlug,
  WaitsFor: waits.map((on) => ({ StepSlug: on, Kind: "Explicit" as const })),
});
const shown = ({ steps }: { steps: PlanStep[] }) =>
  steps.map((known) => [known.StepSlug, ...(known.WaitsFor ?? []).map((wait) => wait.StepSlug)].join("<"));
const none = new Set<string>();

/** a, then twenty beside each other, then a chain of six, and z after all of them. */
const shards = Array.from({ length: 20 }, (_, n) => step(`shard${n}`, "a"));
const chain = [1, 2, 3, 4, 5, 6].map((n) => step(`c${n}`, n === 1 ? "a" : `c${n - 1}`));
const all = [step("a"), ...shards, ...chain, step("z", ...shards.map((known) => known.StepSlug ?? ""), "c6")];

test("steps in the same place are stacked, and chains folded, with the lines between what is left", () => {
  const folded = fold(all, none);
  expect(shown(folded)).toEqual(["a", "shard0<a", "c1<a", "z<shard0<c1"]);
  expect(folded.folds.get("shard0")).toEqual({ how: "stack", members: shards.map((known) => known.StepSlug) });
  expect(folded.folds.get("c1")?.members).toEqual(["c1", "c2", "c3", "c4", "c5", "c6"]);
  expect([folded.cardOf("c4"), folded.cardOf("z")]).toEqual(["c1", "z"]);
});

test("what was opened stays open", () => {
  const folded = fold(all, new Set(["c1"]));
  expect(shown(folded)).toEqual(["a", "shard0<a", ...shown({ steps: chain }), "z<shard0<c6"]);
});

test("twelve beside each other and four in a row are shown, and a small process whole", () => {
  const four = [step("p"), step("q", "p"), step("r", "q"), step("s", "r")];
  const twelve = Array.from({ length: 12 }, (_, n) => step(`t${n}`, "s"));
  expect(fold([...four, ...twelve], none).folds.size).toBe(0);
  expect(fold([step("x"), ...chain.slice(1)], none).folds.size).toBe(0);
});

test("a loop is no chain", () => {
  const loop = Array.from({ length: 14 }, (_, n) => step(`l${n}`, `l${(n + 13) % 14}`));
  expect(fold(loop, none).steps.length).toBe(14);
});
