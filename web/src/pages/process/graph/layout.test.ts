import { expect, test } from "vitest";
import type { PlanStep } from "../model.ts";
import { CARD, layout } from "./layout.ts";

const step = (StepSlug: string, ...waits: string[]): PlanStep => ({
  StepSlug,
  WaitsFor: waits.map((on) => ({ StepSlug: on, Kind: "Explicit" as const })),
});

const story = [
  step("backup"),
  step("migrate", "backup"),
  step("upload", "backup"),
  step("warm", "backup"),
  step("api", "migrate"),
  step("web", "migrate", "upload"),
  step("smoke", "warm", "api", "web"),
];

test("what waits is to the right of what it waits for, and cards do not overlap", () => {
  const { cards, lines } = layout(story);
  const at = new Map(cards.map((card) => [card.slug, card]));
  for (const line of lines) expect(at.get(line.from)?.layer).toBeLessThan(at.get(line.to)?.layer ?? 0);
  for (const a of cards)
    for (const b of cards)
      if (a !== b && a.layer === b.layer) expect(Math.abs(a.y - b.y)).toBeGreaterThanOrEqual(CARD.height);
});

test("a line that crosses a layer has a place of its own there", () => {
  const { cards, lines } = layout(story);
  const long = lines.find((line) => line.from === "warm" && line.to === "smoke");
  const level = Number(long?.path.match(/ (?<x>\d+),(?<y>[\d.]+)H/)?.groups?.y);
  for (const card of cards.filter((known) => known.layer === 2)) {
    expect(level < card.y || level > card.y + CARD.height).toBe(true);
  }
});

test("the same process gives the same picture, a loop an end", () => {
  expect(layout(story)).toEqual(layout(structuredClone(story)));
  expect(layout([step("a", "b"), step("b", "a")]).cards.length).toBe(2);
});

test("two hundred steps with six hundred lines are laid out at once", () => {
  const many = Array.from({ length: 200 }, (_, n) =>
    step(`s${n}`, ...(n < 10 ? [] : [n - 10, n - 7, n - 4].map((on) => `s${on}`))),
  );
  const { cards, lines } = layout(many);
  expect(cards.length).toBe(200);
  expect(lines.length).toBe(570);
});

test("a picture of nothing has no size", () => {
  const { cards, width, height } = layout([]);
  expect([cards.length, width >= 0, height >= 0]).toEqual([0, true, true]);
});
