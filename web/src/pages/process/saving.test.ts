import { afterEach, expect, test, vi } from "vitest";
import { Draft } from "./draft.ts";
import type { Process, Step } from "./model.ts";
import { goOnEditing, keyOf, save, together } from "./saving.ts";

afterEach(() => vi.unstubAllGlobals());

const step = (Name: string, more: Partial<Step> = {}): Step => ({ Name, Slug: Name, Actions: [], ...more });

test("what is edited while a save is under way stays, as a change to what was saved", async () => {
  const base: Process = {
    ProjectId: "Projects-1",
    Version: 1,
    Steps: [step("a", { Id: "1" }), step("b", { Id: "2" })],
  };
  const draft = new Draft(base, "me p");
  draft.edit("added", (steps) => [...steps, step("new")]);
  vi.stubGlobal("fetch", async (request: Request) => {
    const sent = (await request.json()) as Process;
    draft.edit("renamed", (steps) => steps.map((known) => (known.Slug === "b" ? { ...known, Name: "later" } : known)));
    const Steps = (sent.Steps ?? []).map((known) => ({ ...known, Id: known.Id ?? "3" }));
    return Response.json({ ...sent, Version: 2, Steps });
  });
  expect(await save("p", draft)).toMatchObject({ kind: "saved", version: 2 });
  const view = draft.current();
  expect(view.steps.map((known) => [known.Id, known.Name])).toEqual([
    ["1", "a"],
    ["2", "later"],
    ["3", "new"],
  ]);
  expect([view.base.Version, view.isChanged]).toEqual([2, true]);
});

test("what both changed is asked about until it is decided, and again when a third version says something else", async () => {
  const base: Process = { ProjectId: "Projects-1", Version: 1, Steps: [step("a", { Id: "1", Notes: "0" } as never)] };
  const noted = (Version: number, Notes: string): Process => ({
    ...base,
    Version,
    Steps: [step("a", { Id: "1", Notes } as never)],
  });
  let stored = noted(2, "theirs");
  const draft = new Draft(base, "me p");
  draft.edit("noted", () => noted(1, "mine").Steps ?? []);
  vi.stubGlobal("fetch", async (request: Request) => {
    if (request.method === "POST") return Response.json({ CanBeSaved: true });
    if (request.method === "GET") return Response.json(stored);
    const sent = (await request.json()) as Process;
    if (sent.Version !== stored.Version) return Response.json({ Code: "StaleVersion" }, { status: 409 });
    stored = { ...sent, Version: 4 };
    return Response.json(stored);
  });
  const asked = await save("q", draft);
  if (asked.kind !== "conflict") throw new Error(asked.kind);
  const mine = new Map(asked.conflicts.map((conflict) => [keyOf(conflict), "mine" as const]));
  stored = noted(3, "a third");
  const again = await together("q", draft, mine);
  expect(again.kind === "conflict" && again.conflicts.map((conflict) => conflict.theirs)).toEqual(["a third"]);
  stored = noted(3, "theirs");
  expect(await together("q", draft, mine)).toMatchObject({ kind: "saved", version: 4 });
  expect(stored.Steps?.[0]).toMatchObject({ Notes: "mine" });
});

test("what was chosen between two edits can be edited on, and nothing is saved", async () => {
  const base: Process = {
    ProjectId: "Projects-1",
    Version: 1,
    Steps: [step("a", { Id: "1" }), step("b", { Id: "2" })],
  };
  const named = (Version: number, ...names: string[]): Process => ({
    ...base,
    Version,
    Steps: names.map((Name, at) => step(Name, { Id: `${at + 1}`, Slug: "ab"[at] as string })),
  });
  const theirs = named(2, "theirs", "B");
  const draft = new Draft(base, "me p");
  draft.edit("renamed", () => named(1, "mine", "b").Steps ?? []);
  vi.stubGlobal("fetch", async (request: Request) => {
    if (request.url.includes("/versions")) {
      return Response.json({
        Items: [
          { Version: 2, SavedBy: "Ana" },
          { Version: 1, SavedBy: "Ben" },
        ],
      });
    }
    if (request.method === "GET") return Response.json(theirs);
    return Response.json({ Code: "StaleVersion" }, { status: 409 });
  });
  const asked = await save("r", draft);
  expect(asked).toMatchObject({ kind: "conflict", who: "Ana" });
  if (asked.kind !== "conflict") throw new Error(asked.kind);
  expect(await goOnEditing("r", draft, new Map())).toMatchObject({ kind: "conflict" });
  const mine = new Map(asked.conflicts.map((conflict) => [keyOf(conflict), "mine" as const]));
  expect(await goOnEditing("r", draft, mine)).toMatchObject({ kind: "editing", who: "Ana" });
  const view = draft.current();
  expect([view.base.Version, view.isChanged]).toEqual([2, true]);
  expect(view.steps.map((known) => known.Name)).toEqual(["mine", "B"]);
});
