/**
 * What a form holds while it is open: what is saved, and over it what was typed. When somebody else saves meanwhile, what
 * was typed stays and the other fields follow; where both changed the same, the person decides before anything is saved.
 */
import { useState } from "react";
import { asApiError } from "../api/errors.ts";

interface Saved {
  LastModifiedOn?: string | null;
  LastModifiedBy?: string | null;
}

interface Typed<T> {
  edits: Partial<T>;
  /** What each edited field was when it was first typed in. */
  was: Partial<T>;
  /** The state that was saved when the first field was. */
  from: string | null | undefined;
}

export interface Edited<T> {
  value: T;
  set(part: Partial<T>): void;
  isChanged: boolean;
  /** Somebody saved something newer than what was typed over. */
  isNewer: boolean;
  /** Who saved that. */
  by: string | null | undefined;
  /** What both changed, as it is saved now. */
  theirs: Partial<T>;
  keepMine(): void;
  takeTheirs(): void;
  /** Saves; when something newer is there, it is loaded instead and nothing is saved. */
  save(put: (value: T) => Promise<unknown>, reload: () => Promise<unknown>): Promise<void>;
}

const same = (a: unknown, b: unknown) => JSON.stringify(a) === JSON.stringify(b);
const keysOf = <T extends object>(some: Partial<T>) => Object.keys(some) as (keyof T)[];

function pick<T extends object>(from: Partial<T>, keys: (keyof T)[]): Partial<T> {
  return Object.fromEntries(keys.map((key) => [key, from[key]])) as Partial<T>;
}

export function useEdited<T extends object & Saved>(saved: T): Edited<T> {
  const [typed, setTyped] = useState<Typed<T>>({ edits: {}, was: {}, from: saved.LastModifiedOn });
  const { edits, was, from } = typed;
  const changed = keysOf<T>(edits).filter((key) => !same(edits[key], saved[key]));
  const overtaken = changed.filter((key) => key in was && !same(was[key], saved[key]));
  const value = { ...saved, ...edits };
  const keep = (keys: (keyof T)[], over: Partial<T>) =>
    setTyped({ edits: pick(edits, keys), was: pick(over, keys), from: saved.LastModifiedOn });
  return {
    value,
    set: (part) =>
      setTyped((now) => ({
        edits: { ...now.edits, ...part },
        was: { ...pick(saved, keysOf<T>(part)), ...now.was },
        from: keysOf<T>(now.edits).length === 0 ? saved.LastModifiedOn : now.from,
      })),
    isChanged: changed.length > 0,
    isNewer: changed.length > 0 && from !== saved.LastModifiedOn,
    by: saved.LastModifiedBy,
    theirs: pick(saved, overtaken),
    keepMine: () => keep(changed, saved),
    takeTheirs: () =>
      keep(
        changed.filter((key) => !overtaken.includes(key)),
        saved,
      ),
    save: async (put, reload) => {
      try {
        await put(value);
      } catch (error) {
        if (asApiError(error).code !== "StaleVersion") throw error;
        await reload();
        return;
      }
      // What was typed while it was being saved stays.
      setTyped((now) => {
        const left = keysOf<T>(now.edits).filter((key) => now.edits[key] !== edits[key]);
        return { edits: pick(now.edits, left), was: {}, from: undefined };
      });
    },
  };
}
