/** Three ways to use a page: mouse, keyboard alone, touch. What a test does with one it can do with the others. */
import type { Page } from "playwright-core";

export type Role = Parameters<Page["getByRole"]>[0];

/** Uses what has this role and name, which must be the only one that is shown. */
export type Press = (role: Role, name: string | RegExp) => Promise<void>;

const only = (page: Page, role: Role, name: string | RegExp) => page.getByRole(role, { name, exact: true });

export const mouse =
  (page: Page): Press =>
  (role, name) =>
    only(page, role, name).click();

export const touch =
  (page: Page): Press =>
  (role, name) =>
    only(page, role, name).tap();

/** Goes there with Tab, then presses Enter. `unseen` gets everything on the way that had the focus and did not show it. */
export const keyboard =
  (page: Page, unseen: string[]): Press =>
  async (role, name) => {
    await tabTo(page, role, name, unseen);
    await page.keyboard.press("Enter");
  };

const TABS_MAX = 150;

export async function tabTo(page: Page, role: Role, name: string | RegExp, unseen: string[]) {
  const wanted = only(page, role, name);
  await wanted.first().waitFor();
  for (let tabs = 0; tabs < TABS_MAX; tabs++) {
    if (await wanted.evaluateAll((all) => all.includes(document.activeElement as HTMLElement))) return;
    await page.keyboard.press("Tab");
    const found = await page.evaluate(focusProblem);
    if (found) unseen.push(found);
  }
  throw new Error(`no way by Tab to the ${role} "${name}"`);
}

/** What is wrong with how the page shows its focus; runs in the page. */
function focusProblem(): string | undefined {
  const at = document.activeElement;
  if (!at || at === document.body) return undefined;
  const called = `${at.tagName} "${at.getAttribute("aria-label") ?? at.textContent?.trim().slice(0, 40) ?? ""}"`;
  // The mark may be on the element or on what stands for it: the box of a field, the circle of a radio.
  const marks = [at, at.parentElement, at.nextElementSibling, at.closest("label")];
  const isMarked = marks.some((mark) => {
    if (!mark) return false;
    const { outlineStyle, outlineWidth, borderColor } = getComputedStyle(mark);
    const isOutlined = outlineStyle !== "none" && Number.parseFloat(outlineWidth) >= 1;
    return isOutlined || (mark.matches("input, textarea") && borderColor !== "");
  });
  if (!isMarked) return `${called} has the focus and no mark`;
  const { x, y, width, height } = at.getBoundingClientRect();
  const isInView = y < innerHeight && y + height > 0 && x < innerWidth && x + width > 0;
  if (!isInView) return `${called} has the focus out of view`;
  // In its middle, or at an edge of what is larger than the window: something of it lies on top.
  const places = [0.5, 0.05, 0.95].flatMap((along) => [0.5, 0.05, 0.95].map((down) => [along, down] as const));
  const isOnTop = places.some(([along, down]) => {
    const hit = document.elementFromPoint(x + width * along, y + height * down);
    return hit !== null && (at.contains(hit) || hit.contains(at) || (at.parentElement?.contains(hit) ?? false));
  });
  return isOnTop ? undefined : `${called} has the focus and is covered`;
}

/** Gives the focus to everything that Tab would reach; runs in the page. */
function focusAll(problemOf: () => string | undefined): string[] {
  const all = document.querySelectorAll<HTMLElement>("a[href], button, input, select, textarea, summary, [tabindex]");
  const stops = [...all].filter((one) => one.tabIndex >= 0 && one.checkVisibility());
  return stops.flatMap((stop) => {
    stop.focus();
    return (document.activeElement === stop && problemOf()) || [];
  });
}

/** Everything on the page that gets the focus by Tab and does not show it, or is covered while it has it. */
export async function unseenFocus(page: Page): Promise<string[]> {
  // After a key the browser marks the focus, however it moves from then on.
  await page.keyboard.press("Tab");
  return page.evaluate<string[]>(`(${focusAll})(${focusProblem})`);
}
