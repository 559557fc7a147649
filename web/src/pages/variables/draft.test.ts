import { expect, test } from "vitest";
import {
  type Conflict,
  changeCount,
  type Draft,
  discarded,
  draftOf,
  edited,
  grouped,
  keepingMine,
  kindOf,
  openConflicts,
  pasted,
  rebased,
  redone,
  rowOf,
  since,
  takingTheirs,
  toSave,
  undone,
  type Variable,
  type VariableSet,
} from "./draft.ts";

const variable = (Id: string, Name: string, Value: string, Environment: string[] = []) =>
  ({ Id, Name, Value, Scope: Environment.length > 0 ? { Environment } : {} }) as Variable;
const set = (Version: number, ...Variables: Variable[]) => ({ Version, Variables }) as VariableSet;

const told = (draft: Draft) => openConflicts(draft).map((one) => [one.name, one.theirs?.Value]);

function change(draft: ReturnType<typeof draftOf>, id: string, value: string) {
  const rows = draft.rows.map((row) =>
    row.variable.Id === id ? { ...row, variable: { ...row.variable, Value: value } } : row,
  );
  return edited(draft, rows);
}

test("a draft knows what differs, and undo takes it back", () => {
  const draft = draftOf(set(1, variable("a", "A", "1", ["E1", "E2"]), variable("b", "B", "2")));
  expect(changeCount(draft)).toBe(0);
  const changed = change(draft, "a", "9");
  expect(changed.rows.map((row) => kindOf(row, changed.base))).toEqual(["changed", undefined]);
  expect(changeCount(undone(changed))).toBe(0);
  expect(changeCount(redone(undone(changed)))).toBe(1);
  // The order of the ids of a scope says nothing.
  const same = edited(draft, [rowOf(variable("a", "A", "1", ["E2", "E1"])), ...draft.rows.slice(1)]);
  expect(changeCount(same)).toBe(0);
});

test("changes go on top of what somebody else saved, and nothing of either is lost", () => {
  const draft = change(
    draftOf(set(1, variable("a", "A", "1"), variable("b", "B", "2"), variable("c", "C", "3"))),
    "a",
    "mine",
  );
  const mine = edited(draft, [...draft.rows, rowOf({ Name: "New", Value: "x" } as Variable)]);
  const theirs = set(2, variable("a", "A", "1"), variable("b", "B", "theirs"), variable("d", "D", "4"));
  const merged = rebased(mine, theirs);
  expect(openConflicts(merged)).toEqual([]);
  expect(toSave(merged).Version).toBe(2);
  expect(toSave(merged).Variables.map((one) => `${one.Name}=${one.Value}`)).toEqual([
    "A=mine",
    "B=theirs",
    "D=4",
    "New=x",
  ]);
});

test("a variable that both changed is a conflict, also when theirs is gone", () => {
  const base = set(1, variable("a", "A", "1"), variable("b", "B", "2"));
  const mine = change(change(draftOf(base), "a", "mine"), "b", "kept");
  const merged = rebased(mine, set(2, variable("a", "A", "theirs")));
  expect(told(merged)).toEqual([
    ["A", "theirs"],
    ["B", undefined],
  ]);
  expect(toSave(merged).Variables.map((one) => one.Value)).toEqual(["mine", "kept"]);
  const [first, second] = openConflicts(merged) as [Conflict, Conflict];
  const decided = takingTheirs(keepingMine(merged, first), second);
  expect(told(decided)).toEqual([]);
  expect(toSave(decided).Variables.map((one) => one.Value)).toEqual(["mine"]);
});

test("a conflict is open until it is decided, whatever else is done or saved meanwhile", () => {
  const mine = change(draftOf(set(1, variable("a", "A", "1"), variable("b", "B", "2"))), "a", "mine");
  const merged = rebased(mine, set(2, variable("a", "A", "theirs"), variable("b", "B", "2")));
  // Discarding says the same as theirs; taking that back does not.
  expect(told(discarded(merged))).toEqual([]);
  expect(told(undone(discarded(merged)))).toEqual([["A", "theirs"]]);
  const third = rebased(merged, set(3, variable("a", "A", "theirs"), variable("b", "B", "3")));
  expect(told(third)).toEqual([["A", "theirs"]]);
  const kept = keepingMine(third, openConflicts(third)[0] as Conflict);
  expect(told(rebased(kept, set(4, variable("a", "A", "theirs"))))).toEqual([]);
  expect(told(rebased(kept, set(4, variable("a", "A", "again"))))).toEqual([["A", "again"]]);
});

test("what a value refers to and how it is asked for are part of it", () => {
  const account = { ...variable("a", "A", "Accounts-1"), Type: "UsernamePasswordAccount" } as Variable;
  const draft = draftOf(set(1, account));
  const with_ = (part: object) => edited(draft, [{ ...rowOf({ ...account, ...part } as Variable), key: "a" }]);
  expect(changeCount(with_({}))).toBe(0);
  expect(changeCount(with_({ Type: "String" }))).toBe(1);
  expect(changeCount(with_({ Prompt: { Label: "Which?" } }))).toBe(1);
});

test("values of one name stand together, and tables are pasted line by line", () => {
  const rows = [variable("1", "A", ""), variable("2", "B", ""), variable("3", "a", "")].map(rowOf);
  expect(grouped(rows).map((group) => group.map((row) => row.key))).toEqual([["1", "3"], ["2"]]);
  expect(pasted("A\t1\r\n\nB\t2\n").map((row) => [row.variable.Name, row.variable.Value])).toEqual([
    ["A", "1"],
    ["B", "2"],
  ]);
});

test("what is edited while a save is under way stays as a change, and nothing twice", () => {
  const first = change(draftOf(set(1, variable("a", "A", "1"), variable("b", "B", "2"))), "a", "sent");
  const sent = edited(first, [...first.rows, rowOf({ Name: "New", Value: "3", Scope: {} } as Variable)]);
  const now = edited(change(sent, "b", "later"), [
    ...change(sent, "b", "later").rows,
    rowOf({ Name: "Newer", Value: "4", Scope: {} } as Variable),
  ]);
  const saved = set(2, variable("a", "A", "sent"), variable("b", "B", "2"), variable("c", "New", "3"));
  const kept = since(sent, now, saved);
  expect(kept.rows.map((row) => [row.variable.Id, row.variable.Value, kindOf(row, kept.base)])).toEqual([
    ["a", "sent", undefined],
    ["b", "later", "changed"],
    ["c", "3", undefined],
    [undefined, "4", "added"],
  ]);
});
