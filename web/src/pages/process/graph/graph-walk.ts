/** Walking along the graph with the keyboard, and what belongs to a step. About the picture, not about the order. */

import type { PlanStep } from "../model.ts";
import { type Layout, type Line, lineKey } from "./layout.ts";

export type Direction = "next" | "previous" | "up" | "down" | "first" | "last";

export function neighbour(picture: Layout, from: string | undefined, direction: Direction): string | undefined {
  const card = picture.cards.find((known) => known.slug === from);
  const layersMax = Math.max(0, ...picture.cards.map((known) => known.layer));
  if (!card || direction === "first") return inLayer(picture, 0)[0]?.slug;
  if (direction === "last") return inLayer(picture, layersMax)[0]?.slug;
  if (direction === "next")
    return nearest(
      picture,
      picture.lines.filter((line) => line.from === from).map((line) => line.to),
      card.y,
    );
  if (direction === "previous")
    return nearest(
      picture,
      picture.lines.filter((line) => line.to === from).map((line) => line.from),
      card.y,
    );
  const siblings = inLayer(picture, card.layer);
  return siblings[siblings.indexOf(card) + (direction === "up" ? -1 : 1)]?.slug;
}

/** The uppermost line that leaves a card, or leads to it. */
export function lineOf(picture: Layout, from: string, direction: Direction): Line | undefined {
  if (direction === "next") return ordered(picture.lines.filter((line) => line.from === from))[0];
  if (direction === "previous") return ordered(picture.lines.filter((line) => line.to === from))[0];
  return undefined;
}

/** The next line above or below among those that share an end with this one; itself, if there is none. */
export function lineBeside(picture: Layout, line: Line, by: 1 | -1): Line {
  const all = ordered(picture.lines.filter((other) => other.from === line.from || other.to === line.to));
  const at = all.findIndex((other) => lineKey(other) === lineKey(line));
  return all[at + by] ?? line;
}

const ordered = (lines: Line[]) => lines.toSorted((a, b) => a.middle.y - b.middle.y);

function inLayer(picture: Layout, layer: number) {
  return picture.cards.filter((card) => card.layer === layer).sort((a, b) => a.y - b.y);
}

function nearest(picture: Layout, slugs: string[], y: number): string | undefined {
  const cards = picture.cards.filter((card) => slugs.includes(card.slug));
  return cards.sort((a, b) => Math.abs(a.y - y) - Math.abs(b.y - y))[0]?.slug;
}

/** The step, everything before it and everything after it. */
export function connected(all: PlanStep[], slug: string | undefined): Set<string> {
  const found = new Set<string>();
  if (slug === undefined) return found;
  const bySlug = new Map(all.map((step) => [step.StepSlug ?? "", step]));
  const walk = (at: string, on: (step: PlanStep) => string[], seen: Set<string>) => {
    if (seen.has(at)) return;
    seen.add(at);
    const step = bySlug.get(at);
    for (const next of step ? on(step) : []) walk(next, on, seen);
  };
  const [before, after] = [new Set<string>(), new Set<string>()];
  walk(slug, (step) => (step.WaitsFor ?? []).map((wait) => wait.StepSlug ?? ""), before);
  walk(slug, (step) => step.FollowedBy ?? [], after);
  return new Set([...before, ...after]);
}

/** The step whose card the element lies in. */
export function cardOf(element: EventTarget): string | undefined {
  return (element as HTMLElement).closest<HTMLElement>("[data-card]")?.dataset.card;
}
