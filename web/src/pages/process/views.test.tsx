/** List and graph tell the same story of a process, whatever was done to it. */
import { MantineProvider } from "@mantine/core";
import { QueryClientProvider } from "@tanstack/react-query";
import { render } from "@testing-library/react";
import type { ReactNode } from "react";
import { expect, test, vi } from "vitest";
import { queryClient } from "../../api/queries.ts";
import { theme } from "../../ui/mantine.ts";
import { Draft } from "./draft.ts";
import type { Editor } from "./editor.ts";
import * as edits from "./edits.ts";
import StepGraph from "./graph/StepGraph.tsx";
import { dependencies, isParallel, type PlanStep, type ProcessPlan, type Step, slugOf } from "./model.ts";
import { StepList } from "./StepList.tsx";

vi.mock("@tanstack/react-router", () => ({
  Link: ({ to, children }: { to: string; children: ReactNode }) => <a href={to}>{children}</a>,
  useNavigate: () => () => undefined,
  useRouter: () => ({ navigate() {}, preloadRoute: async () => undefined }),
}));
vi.stubGlobal("matchMedia", () => ({ matches: false, addEventListener() {}, removeEventListener() {} }));
vi.stubGlobal("CSS", { escape: (text: string) => text });

const EDITS = 200;
const SEED = 20_261_126;

/** Random in the same way every time (mulberry32). */
function dice(seed: number) {
  let state = seed;
  return (sides: number) => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) % sides;
  };
}

/** What the server would say of who waits for whom; nothing for a loop, which it would refuse. */
function planned(steps: Step[]): ProcessPlan | undefined {
  const slugs = steps.map(slugOf);
  const waits: string[][] = [];
  steps.forEach((step, at) => {
    const list = dependencies(step)?.filter((slug) => slugs.includes(slug));
    waits.push(isParallel(step) ? (list ?? waits[at - 1] ?? []) : slugs.slice(0, at));
  });
  const of = (slug: string) => waits[slugs.indexOf(slug)] ?? [];
  const reach = (slug: string, seen: Set<string>): Set<string> => {
    for (const next of of(slug)) if (!seen.has(next)) reach(next, seen.add(next));
    return seen;
  };
  if (slugs.some((slug) => reach(slug, new Set()).has(slug))) return undefined;
  const Steps = steps.map((step, at): PlanStep => {
    const direct = of(slugOf(step));
    const WaitsFor = direct.map((StepSlug) => ({
      StepSlug,
      Kind: isParallel(step) ? ("Explicit" as const) : ("Implicit" as const),
      IsRedundant: direct.some((other) => other !== StepSlug && reach(other, new Set()).has(StepSlug)),
    }));
    return {
      Number: at + 1,
      StepSlug: slugOf(step),
      StepName: step.Name,
      StartRule: isParallel(step) ? "After" : "AfterPrevious",
      WaitsFor,
      FollowedBy: slugs.filter((other) => of(other).includes(slugOf(step))),
    };
  });
  const Problems = steps.flatMap((step) =>
    step.Name.includes("copy")
      ? [{ Kind: "Hint", Level: "Hint" as const, Message: "A copy", Steps: [{ Slug: slugOf(step) }] }]
      : [],
  );
  return { Steps, Problems, LaneCount: 1 } as ProcessPlan;
}

const fresh = (n: number): Step => ({ Name: `S${n}`, Slug: `s${n}`, StartTrigger: "StartAfterPrevious", Actions: [] });

function anEdit(steps: Step[], roll: (sides: number) => number, n: number): Step[] {
  const one = slugOf(steps[roll(steps.length)] as Step);
  const other = slugOf(steps[roll(steps.length)] as Step);
  const kinds = [
    () => edits.add(steps, fresh(n), one),
    () => (steps.length > 3 ? edits.remove(steps, one, []) : steps),
    () => edits.move(steps, one, roll(2) === 0 ? 1 : -1),
    () => (one === other ? steps : edits.toggleDependency(steps, one, other)),
    () => (one === other ? steps : edits.toggleDependency(steps, other, one)),
    () => edits.setParallel(steps, one, roll(2) === 0),
    () => edits.setDependencies(steps, one, roll(2) === 0 ? [] : undefined),
    () => edits.rename(steps, one, `R${n}`),
    () => (steps.length < 12 ? edits.duplicate(steps, one) : steps),
    () => edits.toggleDisabled(steps, one),
  ];
  return (kinds[roll(kinds.length)] as () => Step[])();
}

interface Told {
  name: string;
  number: string;
  /** Everything it waits for, through others as well. */
  waits: string[];
  problems: number;
  isSelected: boolean;
}

const through = (direct: Map<string, string[]>, of: string, seen = new Set<string>()): string[] => {
  for (const next of direct.get(of) ?? []) if (!seen.has(next)) through(direct, next, seen.add(next));
  return [...seen].sort();
};

function told(rows: (Omit<Told, "waits"> & { direct: string[] })[]): Told[] {
  const direct = new Map(rows.map((row) => [row.name, row.direct]));
  return rows.map(({ direct: _, ...row }) => ({ ...row, waits: through(direct, row.name) }));
}

/** `after 1–3, 5` as names. */
function namesOf(text: string, names: string[]): string[] {
  const numbers = text.match(/after (?:all above \()?([\d–, ]+)/)?.[1] ?? "";
  return numbers.split(", ").flatMap((part) => {
    const [from = 0, to = from] = part.split("–").map(Number);
    return names.slice(from - 1, to);
  });
}

function listTells(root: HTMLElement): Told[] {
  const rows = [...root.querySelectorAll<HTMLElement>("[role=row][data-slug]")];
  const cell = (row: HTMLElement, column: string) => row.querySelector<HTMLElement>(`[data-column=${column}]`);
  const nameOf = (row: HTMLElement) => cell(row, "step")?.querySelector("a")?.textContent ?? "";
  const names = rows.map(nameOf);
  return told(
    rows.map((row) => ({
      name: nameOf(row),
      number: cell(row, "number")?.textContent ?? "",
      direct: namesOf(cell(row, "starts")?.textContent ?? "", names),
      problems: cell(row, "step")?.querySelectorAll("[data-level]").length ?? 0,
      isSelected: row.getAttribute("aria-selected") === "true",
    })),
  );
}

function graphTells(root: HTMLElement): Told[] {
  const cards = [...root.querySelectorAll<HTMLElement>("[role=option][data-card]")];
  return told(
    cards.map((card) => {
      const said = card.getAttribute("aria-label") ?? "";
      const waits = said.match(/waits for (.*?)(?:, followed by|, \d+ problem|$)/)?.[1] ?? "";
      return {
        name: card.querySelector("span")?.textContent ?? "",
        number: said.match(/step (\d+) of/)?.[1] ?? "",
        direct: waits.split(/, and | and |, /).filter(Boolean),
        problems: Number(said.match(/(\d+) problems?/)?.[1] ?? 0),
        isSelected: card.getAttribute("aria-selected") === "true",
      };
    }),
  );
}

test("list and graph agree after every one of two hundred edits", { timeout: 300_000 }, () => {
  const roll = dice(SEED);
  const draft = new Draft({ ProjectId: "Projects-1", Version: 1, Steps: [1, 2, 3, 4].map(fresh) }, "me p");
  let selected: string | undefined;
  const views = (plan: ProcessPlan) => {
    const view = draft.current();
    const editor = { owner: "p", draft, view, plan, denied: undefined, edit: () => undefined } as unknown as Editor;
    const select = (slug: string) => {
      selected = slug;
    };
    return (
      <MantineProvider theme={theme} env="test">
        <QueryClientProvider client={queryClient}>
          <StepList editor={editor} shown={view.steps} selected={selected} onSelect={select} />
          <StepGraph editor={editor} selected={selected} onSelect={select} />
        </QueryClientProvider>
      </MantineProvider>
    );
  };
  const { container, rerender } = render(views(planned(draft.current().steps) as ProcessPlan));
  let most = 0;
  for (let n = 0; n < EDITS; n++) {
    const kind = roll(10);
    if (kind === 0) draft.undo();
    else if (kind === 1) draft.redo();
    else draft.edit(`edit ${n}`, (steps) => anEdit(steps, roll, n));
    let plan = planned(draft.current().steps);
    // The server would not take a loop; nor does the person leave it there.
    while (!plan && draft.undo()) plan = planned(draft.current().steps);
    if (!plan) throw new Error("the first state has no loop");
    const { steps } = draft.current();
    selected = roll(3) === 0 ? undefined : slugOf(steps[roll(steps.length)] as Step);
    rerender(views(plan));
    const list = listTells(container);
    expect(list.map(({ name }) => name)).toEqual(steps.map(({ Name }) => Name));
    const inOrder = graphTells(container).sort((a, b) => Number(a.number) - Number(b.number));
    expect([n, inOrder]).toEqual([n, list]);
    const lines = plan.Steps?.flatMap((step) => step.WaitsFor ?? []).filter((wait) => !wait.IsRedundant).length;
    expect([n, container.querySelectorAll("[role=listbox] [data-line]").length]).toEqual([n, lines]);
    most = Math.max(most, ...list.map(({ waits }) => waits.length));
  }
  // It was about something.
  expect(most).toBeGreaterThan(4);
});
