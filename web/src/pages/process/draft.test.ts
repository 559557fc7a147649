import { expect, test, vi } from "vitest";
import { meQuery, queryClient } from "../../api/queries.ts";
import { personLeft } from "../../api/session.ts";
import { type Channel, Draft, draftOf, type Word } from "./draft.ts";
import type { Process, Step } from "./model.ts";

const step = (Name: string): Step => ({ Name, Slug: Name, Actions: [] });
const process = (Version: number, ...names: string[]): Process => ({
  ProjectId: "Projects-1",
  Version,
  Steps: names.map(step),
});

test("undo leads back through every state and redo forward again", () => {
  const draft = new Draft(process(1, "a"), "me p");
  const seen = [draft.current().steps];
  for (let n = 0; n < 5; n++) {
    draft.edit(`added ${n}`, (steps) => [...steps, step(`s${n}`)]);
    seen.push(draft.current().steps);
  }
  for (let n = 4; n >= 0; n--) {
    expect(draft.undo()).toBe(`added ${n}`);
    expect(draft.current().steps).toEqual(seen[n]);
  }
  expect(draft.current().isChanged).toBe(false);
  expect(draft.undo()).toBeUndefined();
  for (let n = 1; n <= 5; n++) {
    draft.redo();
    expect(draft.current().steps).toEqual(seen[n]);
  }
});

test("an edit that changes nothing is no level", () => {
  const draft = new Draft(process(1, "a"), "me p");
  draft.edit("nothing", (steps) => steps.map((known) => ({ ...known })));
  expect(draft.current().canUndo).toBe(false);
});

test("a newer version moves a clean draft and leaves a changed one where it is", () => {
  const draft = new Draft(process(1, "a"), "me p");
  draft.heard(process(2, "a", "b"));
  expect(draft.current().steps.length).toBe(2);
  draft.edit("x", (steps) => steps.slice(0, 1));
  draft.heard(process(3, "a", "b", "c"));
  expect(draft.current().steps.length).toBe(1);
  expect(draft.current().newer?.Version).toBe(3);
});

test("a draft is of the person who made it, and gone from memory when somebody else comes", () => {
  const saved = process(1, "a");
  const signIn = (Id: string) => queryClient.setQueryData(meQuery.queryKey, { Id } as never);
  signIn("Users-1");
  draftOf(saved).edit("x", (steps) => [...steps, step("b")]);
  signIn("Users-2");
  expect(draftOf(saved).current().isChanged).toBe(false);
  signIn("Users-1");
  expect(draftOf(saved).current().isChanged).toBe(true);
  personLeft();
  expect(draftOf(saved).current().isChanged).toBe(false);
});

/** The drafts of two tabs that hear of each other. */
function twoTabs(saved: Process): [Draft, Draft] {
  const channel = (): Channel => ({ onmessage: null, postMessage: () => undefined, close: () => undefined });
  const [one, other] = [channel(), channel()];
  const to = (tab: Channel) => (word: Word) => tab.onmessage?.({ data: structuredClone(word) } as MessageEvent<Word>);
  one.postMessage = to(other);
  other.postMessage = to(one);
  return [new Draft(saved, "me p", one), new Draft(saved, "me p", other)];
}
const names = (draft: Draft) => draft.current().steps.map((known) => known.Name);

test("two tabs have one draft: neither loses what the other did", async () => {
  const [one, other] = twoTabs(process(1, "a"));
  one.edit("added b", (steps) => [...steps, step("b")]);
  await vi.waitFor(() => expect(names(other)).toEqual(["a", "b"]));
  other.edit("added c", (steps) => [...steps, step("c")]);
  await vi.waitFor(() => expect(names(one)).toEqual(["a", "b", "c"]));
  other.undo();
  await vi.waitFor(() => expect(names(one)).toEqual(["a", "b"]));
  expect([one.current().isChanged, other.current().isChanged]).toEqual([true, true]);
  one.restart(process(2, "a", "b"));
  await vi.waitFor(() => expect(other.current().isChanged).toBe(false));
  other.heard(process(2, "a", "b"));
  expect([other.current().base.Version, other.current().newer, other.current().canUndo]).toEqual([2, undefined, false]);
});

test("what the browser does not keep is told", async () => {
  const draft = new Draft(process(1, "a"), "me p");
  expect(draft.current().isKept).toBe(true);
  // There is no IndexedDB here.
  draft.edit("added b", (steps) => [...steps, step("b")]);
  await vi.waitFor(() => expect(draft.current().isKept).toBe(false));
});

test("discarding can be undone, also when somebody saved meanwhile", () => {
  const draft = new Draft(process(1, "a"), "me p");
  draft.edit("added b", (steps) => [...steps, step("b")]);
  draft.heard(process(2, "a", "z"));
  draft.discard("discarded");
  expect([names(draft), draft.current().isChanged, draft.current().newer]).toEqual([["a", "z"], false, undefined]);
  draft.heard(process(3, "a", "y"));
  expect(names(draft)).toEqual(["a", "y"]);
  draft.undo();
  const { base, newer, isChanged } = draft.current();
  expect([names(draft), base.Version, newer?.Version, isChanged]).toEqual([["a", "b"], 1, 3, true]);
});
