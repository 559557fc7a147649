import { expect, test } from "vitest";
import { meQuery, queryClient } from "../../api/queries.ts";
import { personLeft } from "../../api/session.ts";
import { Draft, draftOf } from "./draft.ts";
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
