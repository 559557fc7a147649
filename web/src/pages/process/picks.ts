/** Which rows of the list are picked, to do something with all of them. */
import { useMemo, useRef, useState } from "react";

export interface Picks {
  /** In the order of the list. */
  slugs: string[];
  has: (slug: string) => boolean;
  /** With `isRange` everything from the one picked before. */
  toggle: (slug: string, isRange: boolean) => void;
  all: () => void;
  clear: () => void;
}

export function usePicks(shown: string[]): Picks {
  const [picked, setPicked] = useState<ReadonlySet<string>>(new Set());
  const last = useRef<string>(undefined);
  const slugs = useMemo(() => shown.filter((slug) => picked.has(slug)), [shown, picked]);
  const toggle = (slug: string, isRange: boolean) => {
    const next = new Set(slugs);
    const isOn = !next.has(slug);
    const [from, to] = [shown.indexOf(last.current ?? slug), shown.indexOf(slug)].sort((a, b) => a - b);
    const range = isRange && from !== undefined && from >= 0 ? shown.slice(from, (to ?? from) + 1) : [slug];
    for (const one of range) isOn ? next.add(one) : next.delete(one);
    last.current = slug;
    setPicked(next);
  };
  return {
    slugs,
    has: (slug) => picked.has(slug),
    toggle,
    all: () => setPicked(new Set(slugs.length === shown.length ? [] : shown)),
    clear: () => setPicked(new Set()),
  };
}
