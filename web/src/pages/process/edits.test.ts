import { expect, test } from "vitest";
import * as edits from "./edits.ts";
import { dependencies, newSlug, type Step } from "./model.ts";

const step = (Slug: string, list?: string[]): Step => ({
  Name: Slug,
  Slug,
  StartTrigger: list ? "StartWithPrevious" : "StartAfterPrevious",
  Properties: list ? { "Regatta.Step.DependsOn": JSON.stringify(list) } : {},
  Actions: [{ ActionType: "Octopus.Script", Name: Slug }],
});
const steps = [step("a"), step("b", ["a"]), step("c", ["a", "b"])];
const at = (all: Step[], slug: string) => all.find((known) => known.Slug === slug) as Step;

test("dependencies are kept in the order of the list", () => {
  const next = edits.toggleDependency(edits.waitFor(steps, "c", ["b"]), "c", "a");
  expect(dependencies(at(next, "c"))).toEqual(["a", "b"]);
});

test("what waited for a removed step waits for what it waited for", () => {
  const chain = [step("a"), step("b", ["a"]), step("c", ["b"]), step("d", ["a", "b"]), step("e"), step("f", [])];
  const next = edits.remove(chain, "b", ["a"]);
  expect(next.map((known) => [known.Slug, dependencies(known)])).toEqual([
    ["a", undefined],
    ["c", ["a"]],
    ["d", ["a"]],
    ["e", undefined],
    ["f", []],
  ]);
});

test("a removed step that waited for nothing leaves no dependency behind, and one of a loop none on itself", () => {
  expect(edits.remove(steps, "a", []).map((known) => [known.Slug, dependencies(known)])).toEqual([
    ["b", []],
    ["c", ["b"]],
  ]);
  const loop = [step("a", ["b"]), step("b", ["a"])];
  expect(dependencies(at(edits.remove(loop, "b", ["a"]), "a"))).toEqual([]);
});

test("moving stops at the ends and changes no dependencies", () => {
  expect(edits.move(steps, "a", -1)).toBe(steps);
  const next = edits.move(steps, "c", -2);
  expect(next.map((known) => known.Slug)).toEqual(["c", "a", "b"]);
  expect(dependencies(at(next, "c"))).toEqual(["a", "b"]);
});

test("fixes of the server are applied by place", () => {
  const set = {
    StartTrigger: "StartWithPrevious",
    "Properties[Regatta.Step.DependsOn]": '["b"]',
    "Actions[0].Notes": "x",
  };
  const next = edits.applyEdits(steps, [{ Step: "a", Set: set }]);
  expect(at(next, "a").StartTrigger).toBe("StartWithPrevious");
  expect(dependencies(at(next, "a"))).toEqual(["b"]);
  expect(at(next, "a").Actions[0]?.Notes).toBe("x");
  const without = edits.applyEdits(next, [{ Step: "a", Set: { "Properties[Regatta.Step.DependsOn]": null } }]);
  expect(dependencies(at(without, "a"))).toBeUndefined();
});

test("a copy has a name and a slug of its own", () => {
  const next = edits.duplicate(edits.duplicate(steps, "b"), "b");
  expect(next.map((known) => known.Slug)).toEqual(["a", "b", "b-copy-2", "b-copy", "c"]);
  expect(newSlug("Größe & Höhe!", [])).toBe("gro-e-ho-he");
});
