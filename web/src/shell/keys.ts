/** Keyboard shortcuts. Single letters can be turned off, never fire while typing, and are listed under `?`. */
import { useNavigate, useRouter } from "@tanstack/react-router";
import { useEffect, useLayoutEffect } from "react";
import { destinations } from "./navigation.ts";
import type { Opened } from "./Shell.tsx";

export interface Shortcut {
  keys: string;
  does: string;
}

interface Group {
  title: string;
  shortcuts: Shortcut[];
}

/** What `?` lists: pages add theirs while they are shown. */
const groups = new Map<string, Group>();

export function shortcutGroups(): Group[] {
  return [...groups.values()];
}

/** Lists shortcuts under `?` while the component is shown. */
export function useShortcutList(title: string, shortcuts: Shortcut[]) {
  useEffect(() => {
    groups.set(title, { title, shortcuts });
    return () => {
      groups.delete(title);
    };
  }, [title, shortcuts]);
}

const LETTERS = "regatta.letters";

export const letterShortcuts = {
  areOn: () => localStorage.getItem(LETTERS) !== "off",
  set: (on: boolean) => localStorage.setItem(LETTERS, on ? "on" : "off"),
};

/** True while the keyboard belongs to a field, a menu or a dialog. */
export function isTyping(event: KeyboardEvent): boolean {
  const target = event.target as HTMLElement;
  return (
    target.matches("input, textarea, select, [contenteditable='true']") ||
    target.closest("[role='dialog'], [role='menu'], [role='listbox']") !== null
  );
}

const WITHOUT_TEXT = "[readonly], [type='radio'], [type='checkbox'], [type='button'], [type='submit']";

/** True where Ctrl Z is not the page's: a field takes back what was typed in it, and over the page lies a dialog. */
export function hasOwnUndo(event: KeyboardEvent): boolean {
  const target = event.target as HTMLElement;
  if (target.closest("[role='dialog'], [role='menu']")) return true;
  const isField = target.matches("input, textarea") && !target.matches(WITHOUT_TEXT);
  return isField && (target as HTMLInputElement).value !== "";
}

/**
 * Calls back for a key such as `mod+s`, `shift+n`, `c`. Letters alone do nothing while typing. The handler answers
 * `false` to let the browser have the key.
 */
export function useKeys(handlers: Record<string, (event: KeyboardEvent) => unknown>) {
  // With the page, not after it: who sees the page may press its keys.
  useLayoutEffect(() => {
    const press = (event: KeyboardEvent) => {
      const mod = event.ctrlKey || event.metaKey;
      // A shifted letter alone is another character already: `?`, `N`.
      const isShiftNamed = event.shiftKey && (mod || event.key.length > 1);
      const key = mod ? event.key.toLowerCase() : event.key;
      const name = [mod && "mod", event.altKey && "alt", isShiftNamed && "shift", key].filter(Boolean).join("+");
      const handler = handlers[name];
      if (!handler || event.defaultPrevented) return;
      if (!mod && !event.altKey && (isTyping(event) || !letterShortcuts.areOn())) return;
      if (handler(event) !== false) event.preventDefault();
    };
    document.addEventListener("keydown", press);
    return () => document.removeEventListener("keydown", press);
  }, [handlers]);
}

/** Over the page: Escape is theirs. */
const LAYER = "[role='dialog'], [role='menu']";

/** Once nobody nearer wanted the key: what the page listens with may come after this. */
function unlessTaken(event: KeyboardEvent, act: (keys: typeof import("./doing.ts")) => unknown) {
  setTimeout(() => !event.defaultPrevented && import("./doing.ts").then(act));
}

export function useGlobalKeys(open: (opened: Opened) => void) {
  const navigate = useNavigate();
  const router = useRouter();
  // With the page, not after it, as those of the page itself.
  useLayoutEffect(() => {
    let afterG = Number.NEGATIVE_INFINITY;
    const press = (event: KeyboardEvent) => {
      if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "k") {
        event.preventDefault();
        open("palette");
        return;
      }
      if (isTyping(event) || event.ctrlKey || event.metaKey || event.altKey) return;
      if (event.key === "Escape" && !document.querySelector(LAYER)) {
        unlessTaken(event, (keys) => keys.goUp(router));
        return;
      }
      if (!letterShortcuts.areOn()) return;
      if (event.defaultPrevented) return;
      if (event.key === "?") open("help");
      else if (event.key === "g") afterG = event.timeStamp;
      else if (event.key === "/") focusFilter(event);
      else if (event.timeStamp - afterG < 1_200) {
        const place = destinations.find((known) => known.key === event.key);
        if (place) navigate({ to: place.to });
        afterG = Number.NEGATIVE_INFINITY;
      } else if (event.key === "c" || event.key === "d") {
        const { key } = event;
        unlessTaken(event, (keys) => keys[key](router));
      }
    };
    document.addEventListener("keydown", press);
    return () => document.removeEventListener("keydown", press);
  }, [navigate, open, router]);
}

/** `/` goes to the page's filter: the field marked with `data-filter`. */
function focusFilter(event: KeyboardEvent) {
  const filter = document.querySelector<HTMLElement>("[data-filter]");
  if (!filter) return;
  event.preventDefault();
  filter.focus();
}
