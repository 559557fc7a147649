import { expect, test } from "vitest";
import { hasOwnUndo } from "./keys.ts";

/** What `selector` in this piece of a page would do with Ctrl Z. */
function pressedIn(html: string, selector = "#at"): boolean {
  document.body.innerHTML = html;
  const event = new KeyboardEvent("keydown", { key: "z", ctrlKey: true, bubbles: true });
  document.querySelector(selector)?.dispatchEvent(event);
  return hasOwnUndo(event);
}

test("only fields with text of their own, dialogs and menus keep Ctrl Z from the page", () => {
  expect(pressedIn(`<input id="at" value="Warm cache">`)).toBe(true);
  expect(pressedIn(`<textarea id="at">echo</textarea>`)).toBe(true);
  expect(pressedIn(`<div role="dialog"><button id="at">Apply</button></div>`)).toBe(true);
  expect(pressedIn(`<input id="at" type="radio" value="on" checked>`)).toBe(false);
  expect(pressedIn(`<input id="at" type="checkbox" value="on">`)).toBe(false);
  expect(pressedIn(`<input id="at" role="combobox" value="">`)).toBe(false);
  expect(pressedIn(`<input id="at" readonly value="Every environment">`)).toBe(false);
  expect(pressedIn(`<div role="listbox"><div role="option" id="at" tabindex="-1">Deploy API</div></div>`)).toBe(false);
});
