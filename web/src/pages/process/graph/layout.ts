/**
 * Where the cards and lines of the graph are: layers from left to right by who waits for whom, within a layer in the
 * order of the list. Long lines get a place of their own in every layer they cross, so none runs under a card. The
 * same process always gives the same picture.
 */
import type { PlanStep } from "../model.ts";

export const CARD = { width: 208, height: 56 };
const GAP = { x: 64, y: 20 };
const LANE = 18;
const MARGIN = 16;

export interface Card {
  slug: string;
  layer: number;
  x: number;
  y: number;
}

export interface Line {
  from: string;
  to: string;
  isImplicit: boolean;
  path: string;
  /** Where it can be taken hold of. */
  middle: Point;
}

export interface Point {
  x: number;
  y: number;
}

export function lineKey({ from, to }: Pick<Line, "from" | "to">): string {
  return `${from} ${to}`;
}

export interface Layout {
  cards: Card[];
  lines: Line[];
  width: number;
  height: number;
}

interface Place {
  /** A card's step, or the line that passes. */
  slug: string | undefined;
  key: number;
  y: number;
}

interface Edge {
  from: string;
  to: string;
  isImplicit: boolean;
}

export function layout(steps: PlanStep[]): Layout {
  const slugs = steps.map((step) => step.StepSlug ?? "");
  const edges = edgesOf(steps);
  const layerOf = layers(slugs, edges);
  const index = new Map(slugs.map((slug, at) => [slug, at]));
  const columns: Place[][] = [];
  const put = (layer: number, place: Place) => {
    columns[layer] ??= [];
    columns[layer].push(place);
    return place;
  };
  const cardPlaces = new Map(
    slugs.map((slug) => [slug, put(layerOf.get(slug) ?? 0, { slug, key: index.get(slug) ?? 0, y: 0 })]),
  );
  const passing = edges.map((edge) => {
    const [from, to] = [layerOf.get(edge.from) ?? 0, layerOf.get(edge.to) ?? 0];
    const places: { layer: number; place: Place }[] = [];
    // Between the two ends, so that lines cross as little as the order of the list allows.
    const key = ((index.get(edge.from) ?? 0) + (index.get(edge.to) ?? 0)) / 2;
    for (let layer = from + 1; layer < to; layer++)
      places.push({ layer, place: put(layer, { slug: undefined, key, y: 0 }) });
    return places;
  });
  const height = stack(columns);
  const x = (layer: number) => MARGIN + layer * (CARD.width + GAP.x);
  const lines = edges.map((edge, at) => {
    const [from, to] = [cardPlaces.get(edge.from), cardPlaces.get(edge.to)];
    const start = { x: x(layerOf.get(edge.from) ?? 0) + CARD.width, y: from?.y ?? 0 };
    const points = (passing[at] ?? []).map(({ layer, place }) => ({ x: x(layer), y: place.y }));
    const end = { x: x(layerOf.get(edge.to) ?? 0), y: to?.y ?? 0 };
    return { ...edge, path: draw(start, points, end), middle: middle(start, points, end) };
  });
  const cards = slugs.map((slug) => {
    const layer = layerOf.get(slug) ?? 0;
    return { slug, layer, x: x(layer), y: (cardPlaces.get(slug)?.y ?? 0) - CARD.height / 2 };
  });
  // Of nothing, too: a graph is there before the server has said what is in it.
  const width = Math.max(0, x(columns.length) - GAP.x + MARGIN);
  return { cards, lines, width, height };
}

/** What is drawn: waits that another one implies are not. */
function edgesOf(steps: PlanStep[]): Edge[] {
  return steps.flatMap((step) =>
    (step.WaitsFor ?? [])
      .filter((wait) => !wait.IsRedundant)
      .map((wait) => ({ from: wait.StepSlug ?? "", to: step.StepSlug ?? "", isImplicit: wait.Kind === "Implicit" })),
  );
}

/** The longest way from the start. Steps of a loop stay where they were when the bound is met. */
function layers(slugs: string[], edges: Edge[]): Map<string, number> {
  const found = new Map(slugs.map((slug) => [slug, 0]));
  for (let round = 0; round < slugs.length; round++) {
    let hasMoved = false;
    for (const { from, to } of edges) {
      const next = (found.get(from) ?? 0) + 1;
      if (next > (found.get(to) ?? 0) && next < slugs.length) {
        found.set(to, next);
        hasMoved = true;
      }
    }
    if (!hasMoved) break;
  }
  return found;
}

/** Gives every place of every column its height; answers how high the whole is. */
function stack(columns: Place[][]): number {
  const size = (place: Place) => (place.slug === undefined ? LANE : CARD.height + GAP.y);
  const heights = columns.map((column) => column.reduce((sum, place) => sum + size(place), 0));
  const highest = Math.max(0, ...heights);
  columns.forEach((column, at) => {
    column.sort((a, b) => a.key - b.key);
    let y = MARGIN + (highest - (heights[at] ?? 0)) / 2;
    for (const place of column) {
      place.y = y + size(place) / 2;
      y += size(place);
    }
  });
  return highest + 2 * MARGIN;
}

function draw(start: Point, passing: Point[], end: Point): string {
  let path = `M${start.x},${start.y}`;
  let at = start;
  for (const point of passing) {
    path += curve(at, point);
    at = { x: point.x + CARD.width, y: point.y };
    path += `H${at.x}`;
  }
  return path + curve(at, end);
}

/** A curve is symmetrical, and so is what passes a layer. */
function middle(start: Point, passing: Point[], end: Point): Point {
  const inner = passing[Math.floor(passing.length / 2)];
  if (inner) return { x: inner.x + CARD.width / 2, y: inner.y };
  return { x: (start.x + end.x) / 2, y: (start.y + end.y) / 2 };
}

function curve(from: Point, to: Point): string {
  const middle = (from.x + to.x) / 2;
  return `C${middle},${from.y} ${middle},${to.y} ${to.x},${to.y}`;
}
