import { afterEach, expect, test, vi } from "vitest";
import { Draft } from "./draft.ts";
import type { Process, Step } from "./model.ts";
import { save } from "./saving.ts";

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
