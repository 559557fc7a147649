/** Arrow keys in a treegrid: rows first, right opens, left closes. */
import type { KeyboardEvent } from "react";

export function moveInTree(event: KeyboardEvent<HTMLElement>) {
  const row = (event.target as HTMLElement).closest<HTMLElement>("tr[aria-level]");
  if (!row || event.ctrlKey || event.metaKey || event.altKey) return;
  const rows = [...event.currentTarget.querySelectorAll<HTMLElement>("tr[aria-level]")];
  const at = rows.indexOf(row);
  const next = {
    ArrowDown: rows[at + 1],
    j: rows[at + 1],
    ArrowUp: rows[at - 1],
    k: rows[at - 1],
    Home: rows[0],
    End: rows.at(-1),
  }[event.key];
  if (next) {
    event.preventDefault();
    focus(rows, next);
    return;
  }
  const isOpen = row.getAttribute("aria-expanded");
  if (event.key === "ArrowRight" && isOpen === "false") row.querySelector<HTMLElement>("[data-toggle]")?.click();
  else if (event.key === "ArrowLeft" && isOpen === "true") row.querySelector<HTMLElement>("[data-toggle]")?.click();
  else if (event.key === "ArrowLeft") {
    const level = Number(row.getAttribute("aria-level"));
    const parent = rows.slice(0, at).findLast((other) => Number(other.getAttribute("aria-level")) < level);
    if (parent) focus(rows, parent);
  } else if (event.key === "Enter" && event.target === row) row.querySelector<HTMLElement>("a")?.click();
  else return;
  event.preventDefault();
}

/** One tab stop for the whole grid. */
function focus(rows: HTMLElement[], row: HTMLElement) {
  for (const other of rows) other.tabIndex = other === row ? 0 : -1;
  row.focus();
}
