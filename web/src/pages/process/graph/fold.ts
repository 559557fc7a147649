/**
 * Makes a large picture small: a chain of steps, and steps that stand in the same place, are one card each until somebody
 * opens it. About the picture, not about the order.
 */
import type { PlanStep } from "../model.ts";

/** A process that fits the window anyway is shown whole. */
const WHOLE_MAX = 12;
const CHAIN_MAX = 4;
const STACK_MAX = 12;

export interface Fold {
  /** In the order of the list. The card has the slug of the first. */
  members: string[];
  how: "chain" | "stack";
}

export interface Folded {
  /** What is drawn: a fold is drawn as its first member. */
  steps: PlanStep[];
  folds: ReadonlyMap<string, Fold>;
  /** The card a step is drawn in. */
  cardOf: (slug: string) => string;
}

interface Ways {
  waits: Map<string, string[]>;
  followers: Map<string, string[]>;
}

const slugOf = (step: PlanStep) => step.StepSlug ?? "";
const waitsOf = (step: PlanStep) => (step.WaitsFor ?? []).filter((wait) => !wait.IsRedundant);

function waysOf(all: PlanStep[]): Ways {
  const waits = new Map(all.map((step) => [slugOf(step), waitsOf(step).map((wait) => wait.StepSlug ?? "")]));
  const followers = new Map<string, string[]>(all.map((step) => [slugOf(step), []]));
  for (const [slug, list] of waits) for (const on of list) followers.get(on)?.push(slug);
  return { waits, followers };
}

/** The one step that alone waits for this one, and for nothing else. */
function onlyNext({ waits, followers }: Ways, slug: string): string | undefined {
  const [next, ...more] = followers.get(slug) ?? [];
  return next !== undefined && more.length === 0 && waits.get(next)?.length === 1 ? next : undefined;
}

function chains(all: PlanStep[], ways: Ways): string[][] {
  const inside = new Set(all.map((step) => onlyNext(ways, slugOf(step))));
  const starts = all.map(slugOf).filter((slug) => !inside.has(slug));
  return starts.map((start) => {
    const chain = [start];
    for (let next = onlyNext(ways, start); next !== undefined; next = onlyNext(ways, next)) chain.push(next);
    return chain;
  });
}

function stacks(all: PlanStep[], { waits, followers }: Ways, taken: ReadonlySet<string>): string[][] {
  const places = new Map<string, string[]>();
  for (const slug of all.map(slugOf)) {
    if (taken.has(slug)) continue;
    const place = JSON.stringify([waits.get(slug)?.toSorted(), followers.get(slug)?.toSorted()]);
    places.set(place, [...(places.get(place) ?? []), slug]);
  }
  return [...places.values()];
}

export function fold(all: PlanStep[], open: ReadonlySet<string>): Folded {
  const folds = all.length > WHOLE_MAX ? foldsOf(all, open) : new Map<string, Fold>();
  if (folds.size === 0) return { steps: all, folds, cardOf: (slug) => slug };
  const cards = new Map([...folds].flatMap(([card, { members }]) => members.map((slug) => [slug, card] as const)));
  const cardOf = (slug: string) => cards.get(slug) ?? slug;
  const steps = all
    .filter((step) => cardOf(slugOf(step)) === slugOf(step))
    .map((step) => ({ ...step, WaitsFor: between(step, cardOf) }));
  return { steps, folds, cardOf };
}

function foldsOf(all: PlanStep[], open: ReadonlySet<string>): Map<string, Fold> {
  const ways = waysOf(all);
  const found = new Map<string, Fold>();
  const take = (how: Fold["how"], max: number) => (members: string[]) => {
    const [card] = members;
    if (card !== undefined && members.length > max && !open.has(card)) found.set(card, { members, how });
  };
  chains(all, ways).forEach(take("chain", CHAIN_MAX));
  const taken = new Set([...found.values()].flatMap(({ members }) => members));
  stacks(all, ways, taken).forEach(take("stack", STACK_MAX));
  return found;
}

/** The lines that lead to a card from others. */
function between(step: PlanStep, cardOf: (slug: string) => string): PlanStep["WaitsFor"] {
  const lines = new Map<string, NonNullable<PlanStep["WaitsFor"]>[number]>();
  for (const wait of waitsOf(step)) {
    const on = cardOf(wait.StepSlug ?? "");
    if (!lines.has(on) || wait.Kind === "Explicit") lines.set(on, { ...wait, StepSlug: on });
  }
  return [...lines.values()];
}
