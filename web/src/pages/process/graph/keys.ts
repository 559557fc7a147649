/** The keys of the graph. */
import type { KeyboardEvent } from "react";
import { type Direction, lineBeside, lineOf, neighbour } from "./graph-walk.ts";
import { type Layout, type Line, lineKey } from "./layout.ts";
import type { Links } from "./links.ts";

export interface GraphActs {
  /** Chooses a card, and gives it the focus. */
  card: (slug: string, how?: "push") => void;
  line: (line: Line) => void;
  open: (slug: string) => void;
  cut: (line: Line) => void;
  insert: (line: Line) => void;
  remove: (slug: string) => void;
  focus: (slug: string) => void;
  zoom: (by: number) => void;
  fit: () => void;
}

interface Keyed {
  picture: Layout;
  current: string | undefined;
  chosen: Line | undefined;
  links: Links;
  acts: GraphActs;
}

const arrows: Record<string, Direction> = {
  ArrowRight: "next",
  ArrowLeft: "previous",
  ArrowUp: "up",
  ArrowDown: "down",
  Home: "first",
  End: "last",
};

const STEP = 0.1;

/** Whether the key did something wherever the focus is. */
function anywhere(key: string, { links, acts }: Keyed): boolean {
  if (key === "+") acts.zoom(STEP);
  else if (key === "-") acts.zoom(-STEP);
  else if (key === "0") acts.fit();
  else if (key === "Escape" && (links.connecting || links.question || links.note)) links.start(undefined);
  else return false;
  return true;
}

function onLine(key: string, line: Line, { picture, acts }: Keyed): boolean {
  const ends: Record<string, string> = { ArrowRight: line.to, ArrowLeft: line.from, Escape: line.to };
  const end = ends[key];
  if (end !== undefined) acts.card(end);
  else if (key === "ArrowUp" || key === "ArrowDown") acts.line(lineBeside(picture, line, key === "ArrowUp" ? -1 : 1));
  else if (key === "Delete") acts.cut(line);
  else if (key === "Insert" || key === "i") acts.insert(line);
  else return false;
  return true;
}

function onCard(event: KeyboardEvent, at: string, { picture, links, acts }: Keyed): boolean {
  const direction = arrows[event.key];
  const line = event.shiftKey && direction && lineOf(picture, at, direction);
  if (line) acts.line(line);
  else if (direction) {
    const next = neighbour(picture, at, direction);
    if (next !== undefined) acts.card(next);
  } else if (event.key === "Enter") {
    if (links.connecting) links.finish(at);
    else if (event.target instanceof HTMLElement && event.target.dataset.fold !== undefined) acts.card(at);
    else acts.open(at);
  } else if (event.key === "d") links.start({ slug: at, end: "waits" });
  else if (event.key === "f") acts.focus(at);
  else if (event.key === "Delete") acts.remove(at);
  else return false;
  return true;
}

export function usePress(keyed: Keyed) {
  return (event: KeyboardEvent) => {
    const target = event.target as HTMLElement;
    // The tools of a line are buttons of their own.
    if (target.closest("button")) return;
    // A key is meant for what has the focus, also before the address says so.
    const key = target.closest<HTMLElement>("[data-line]")?.dataset.line;
    const line = key === undefined ? undefined : keyed.picture.lines.find((known) => lineKey(known) === key);
    const card = target.closest<HTMLElement>("[data-card]")?.dataset.card ?? keyed.current;
    const isDone =
      anywhere(event.key, keyed) ||
      (line ? onLine(event.key, line, keyed) : card !== undefined && onCard(event, card, keyed));
    if (!isDone) return;
    event.preventDefault();
    event.stopPropagation();
  };
}
