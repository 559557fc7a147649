/**
 * The part of the log that the browser holds: a window that grows at both ends as one scrolls and starts anew at a
 * line one jumps to. The far end is let go, so that a log of any length stays small.
 */
import { useCallback, useEffect, useRef, useState } from "react";
import { asApiError } from "../../../api/errors.ts";
import { type Filter, type Line, type Lines, PAGE, readLines, takeAhead } from "./lines.ts";

const HELD_MAX = 10_000;
const ASK_EVERY_MS = 500;
const LATE_MS = [0, 1_000, 3_000];

export interface Held {
  lines: Line[];
  isStart: boolean;
  isEnd: boolean;
  lastNumber: number;
  damaged: Lines["Damaged"];
  /** Lines put before or taken from the start by the last change, for keeping the view where it is. */
  shift: number;
  isLoaded: boolean;
  error?: unknown;
}

const nothing: Held = {
  lines: [],
  isStart: false,
  isEnd: false,
  lastNumber: 0,
  damaged: [],
  shift: 0,
  isLoaded: false,
};

export function useLogWindow(task: string, filter: Filter, isLive: boolean, at: number | "end" | undefined) {
  const [held, setHeld] = useState(nothing);
  const current = useRef(held);
  const busy = useRef(false);
  const jumps = useRef(0);
  const put = useCallback((next: Held) => {
    current.current = next;
    setHeld(next);
  }, []);
  const key = JSON.stringify(filter);

  const guarded = useCallback(
    async (read: () => Promise<Held>) => {
      if (busy.current) return;
      busy.current = true;
      const mine = jumps.current;
      let next: Held;
      try {
        next = await read();
        if (next.error !== undefined) next = { ...next, error: undefined };
      } catch (error) {
        const known = current.current;
        // That the server cannot be reached is said elsewhere; what is shown stays, and is read on from later.
        const isKept = known.isLoaded && asApiError(error).isPassing;
        next = isKept ? { ...known, shift: 0 } : { ...known, shift: 0, isLoaded: true, error };
      }
      // Somebody jumped elsewhere meanwhile: these lines belong to a window that is gone.
      if (mine !== jumps.current) return;
      busy.current = false;
      put(next);
    },
    [put],
  );

  // biome-ignore lint/correctness/useExhaustiveDependencies: the filter by its value
  const jump = useCallback(
    async (to: number | "end") => {
      jumps.current += 1;
      busy.current = false;
      await guarded(() => around(task, filter, to));
    },
    [task, key, guarded],
  );

  useEffect(() => {
    if (at === undefined) return;
    put(nothing);
    jump(at);
  }, [at, jump, put]);

  // biome-ignore lint/correctness/useExhaustiveDependencies: the filter by its value
  const older = useCallback(() => {
    const { lines, isStart } = current.current;
    const first = lines[0]?.Number;
    if (isStart || first === undefined) return;
    guarded(async () => before(await readLines(task, filter, { before: first }, PAGE), current.current));
  }, [task, key, guarded]);

  // biome-ignore lint/correctness/useExhaustiveDependencies: the filter by its value
  const newer = useCallback(() => {
    if (!current.current.isLoaded) return;
    const last = current.current.lines.at(-1)?.Number ?? 0;
    guarded(async () => after(await readLines(task, filter, { from: last + 1 }, PAGE * 2), current.current));
  }, [task, key, guarded]);

  const wasLive = useRef(isLive);
  useEffect(() => {
    if (!isLive) {
      // The last lines of a run may come a little after its end.
      const timers = (wasLive.current ? LATE_MS : [0]).map((ms) => setTimeout(newer, ms));
      return () => timers.forEach(clearTimeout);
    }
    wasLive.current = true;
    const timer = setInterval(() => {
      if (current.current.isEnd && document.visibilityState === "visible") newer();
    }, ASK_EVERY_MS);
    return () => clearInterval(timer);
  }, [isLive, newer]);

  return { held, jump, older, newer };
}

async function around(task: string, filter: Filter, at: number | "end"): Promise<Held> {
  const ahead = takeAhead(task);
  if (at === "end") {
    const isWhole = Object.keys(filter).length === 0;
    const page = await ((isWhole && ahead) || readLines(task, filter, { tail: true }, PAGE));
    return { ...loaded(page), lines: page.Lines, isStart: page.Lines.length < PAGE, isEnd: true };
  }
  const [above, below] = await Promise.all([
    readLines(task, filter, { before: at }, PAGE / 2),
    readLines(task, filter, { from: at }, PAGE),
  ]);
  return {
    ...loaded(below),
    lines: [...above.Lines, ...below.Lines],
    isStart: above.Lines.length < PAGE / 2,
    isEnd: below.Lines.length < PAGE,
  };
}

const loaded = (page: Lines) => ({ lastNumber: page.LastNumber, damaged: page.Damaged, shift: 0, isLoaded: true });

function before(page: Lines, held: Held): Held {
  const lines = [...page.Lines, ...held.lines];
  const isTooMany = lines.length > HELD_MAX;
  return {
    ...held,
    lines: isTooMany ? lines.slice(0, HELD_MAX) : lines,
    isStart: page.Lines.length < PAGE,
    isEnd: held.isEnd && !isTooMany,
    shift: page.Lines.length,
    damaged: [...held.damaged, ...page.Damaged],
  };
}

function after(page: Lines, held: Held): Held {
  if (page.Lines.length === 0 && held.isEnd) return held;
  const all = [...held.lines, ...page.Lines];
  const surplus = Math.max(0, all.length - HELD_MAX);
  return {
    ...held,
    lines: all.slice(surplus),
    isStart: held.isStart && surplus === 0,
    isEnd: page.Lines.length < PAGE * 2,
    lastNumber: page.LastNumber,
    shift: -surplus,
  };
}
