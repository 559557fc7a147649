/**
 * Moving a row of the list with the mouse or a finger. Where it would go is marked on the row that lies there, without
 * drawing anything anew; the list moves when it is dropped.
 */

export type Where = "before" | "after";

/** This near the edge of the window the page scrolls on. */
const EDGE_PX = 80;
const SCROLL_PX = 14;

interface Drop {
  slug: string;
  where: Where;
}

function dropAt(list: HTMLElement, y: number): Drop | undefined {
  const rows = [...list.querySelectorAll<HTMLElement>("[data-slug]")];
  const row = rows.find((known) => y < known.getBoundingClientRect().bottom) ?? rows.at(-1);
  if (!row) return undefined;
  const { top, height } = row.getBoundingClientRect();
  return { slug: row.dataset.slug ?? "", where: y < top + height / 2 ? "before" : "after" };
}

function mark(list: HTMLElement, drop: Drop | undefined) {
  for (const row of list.querySelectorAll<HTMLElement>("[data-drop]")) delete row.dataset.drop;
  if (!drop) return;
  const row = list.querySelector<HTMLElement>(`[data-slug="${CSS.escape(drop.slug)}"]`);
  if (row) row.dataset.drop = drop.where;
}

/** Follows the pointer that went down on a handle, until it is let go; Esc leaves all as it was. */
export function dragRow(handle: HTMLElement, pointerId: number, done: (drop: Drop) => void) {
  const list = handle.closest<HTMLElement>("[role='treegrid']");
  if (!list) return;
  const own = handle.closest<HTMLElement>("[data-slug]")?.dataset.slug;
  let drop: Drop | undefined;
  handle.setPointerCapture(pointerId);
  const move = (event: PointerEvent) => {
    if (event.clientY < EDGE_PX) scrollBy(0, -SCROLL_PX);
    if (event.clientY > innerHeight - EDGE_PX) scrollBy(0, SCROLL_PX);
    const found = dropAt(list, event.clientY);
    drop = found?.slug === own ? undefined : found;
    mark(list, drop);
  };
  const end = (wanted: Drop | undefined) => {
    mark(list, undefined);
    handle.removeEventListener("pointermove", move);
    handle.removeEventListener("pointerup", up);
    handle.removeEventListener("pointercancel", cancel);
    removeEventListener("keydown", press, true);
    if (wanted) done(wanted);
  };
  const up = () => end(drop);
  const cancel = () => end(undefined);
  const press = (event: KeyboardEvent) => {
    if (event.key !== "Escape") return;
    event.stopPropagation();
    cancel();
  };
  handle.addEventListener("pointermove", move);
  handle.addEventListener("pointerup", up);
  handle.addEventListener("pointercancel", cancel);
  addEventListener("keydown", press, true);
}
