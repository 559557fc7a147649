import { expect, test } from "vitest";
import { alone, merge } from "./merge.ts";
import type { Step } from "./model.ts";

const step = (id: string, more: Partial<Step> = {}): Step => ({
  Id: id,
  Name: id,
  Slug: id,
  Condition: "Success",
  Properties: {},
  Actions: [{ Id: `${id}-1`, ActionType: "Octopus.Script", Name: id, Properties: { Body: "1" } }],
  ...more,
});
const theirsWins = () => "theirs" as const;

test("edits of different fields and steps are both kept", () => {
  const base = [step("a"), step("b")];
  const mine = [step("a", { Condition: "Always" }), step("b")];
  const theirs = [step("a", { Properties: { Tag: "web" } }), step("b", { Name: "B" }), step("c")];
  const { steps, conflicts } = merge(base, mine, theirs, theirsWins);
  expect(conflicts).toEqual([]);
  expect(steps).toEqual([
    step("a", { Condition: "Always", Properties: { Tag: "web" } }),
    step("b", { Name: "B" }),
    step("c"),
  ]);
});

test("the same field changed by both is asked about, and the answer counts", () => {
  const base = [step("a")];
  const mine = [step("a", { Name: "mine" })];
  const theirs = [step("a", { Name: "theirs" })];
  const undecided = merge(base, mine, theirs, theirsWins);
  expect(undecided.conflicts.map((conflict) => [conflict.field, conflict.mine, conflict.theirs])).toEqual([
    ["Name", "mine", "theirs"],
  ]);
  expect(undecided.steps[0]?.Name).toBe("theirs");
  expect(merge(base, mine, theirs, () => "mine").steps[0]?.Name).toBe("mine");
});

test("deleting what the other changed is asked about; deleting what nobody touched is not", () => {
  const base = [step("a"), step("b")];
  const quiet = merge(base, [step("b")], [step("a"), step("b", { Name: "B" })], theirsWins);
  expect(quiet).toEqual({ steps: [step("b", { Name: "B" })], conflicts: [] });
  const asked = merge(base, [step("b")], [step("a", { Name: "A" }), step("b")], theirsWins);
  expect(asked.conflicts.map((conflict) => [conflict.step, conflict.field])).toEqual([["a", "step"]]);
  expect(asked.steps.map((known) => known.Name)).toEqual(["A", "b"]);
});

test("what one of the two did is told apart from all else that they changed", () => {
  const base = [step("a"), step("b")];
  const script = (Body: string) => [{ ...step("a").Actions[0], Properties: { Body } }] as Step["Actions"];
  const mine = [step("a", { Actions: script("2"), Condition: "Always" })];
  const theirs = [step("a", { Actions: script("3") }), step("b", { Name: "B" })];
  const { conflicts } = merge(base, mine, theirs, theirsWins);
  const [script2, deleted] = conflicts;
  if (!script2 || !deleted) throw new Error(JSON.stringify(conflicts));
  expect(alone(base, script2, "mine")).toEqual([step("a", { Actions: script("2") }), step("b")]);
  expect(alone(base, script2, "theirs")).toEqual([step("a", { Actions: script("3") }), step("b")]);
  expect(alone(base, deleted, "mine")).toEqual([step("a")]);
  expect(alone(base, deleted, "theirs")).toEqual([step("a"), step("b", { Name: "B" })]);
});

test("my order and their addition go together", () => {
  const base = [step("a"), step("b"), step("c")];
  const mine = [step("c"), step("a"), step("b")];
  const theirs = [step("a"), step("new"), step("b"), step("c")];
  expect(merge(base, mine, theirs, theirsWins).steps.map((known) => known.Id)).toEqual(["c", "a", "new", "b"]);
});
