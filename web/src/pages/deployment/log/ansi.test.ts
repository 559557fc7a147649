import { expect, test } from "vitest";
import { pieces, plain } from "./ansi.ts";

const ESC = "\u001b";

test("colours become those of the theme, black and white none", () => {
  expect(pieces(`a ${ESC}[1;31merror${ESC}[0m b`)).toEqual([
    { text: "a " },
    { text: "error", colour: "red", isBold: true },
    { text: " b" },
  ]);
  expect(pieces(`${ESC}[38;5;40mgo${ESC}[0m`)[0]).toMatchObject({ text: "go", colour: "green" });
  expect(pieces(`${ESC}[38;2;10;40;250mdeep${ESC}[0m`)[0]).toMatchObject({ text: "deep", colour: "blue" });
  expect(pieces(`${ESC}[97mwhite`)).toEqual([{ text: "white" }]);
});

test("progress shows its last state, cursor movement and titles are dropped", () => {
  expect(plain("10%\r50%\r100%\r")).toBe("100%");
  expect(plain(`${ESC}[2J${ESC}[1;1Hcleared${ESC}]0;title\u0007 done${ESC}(B\u0008`)).toBe("cleared done");
});

test("links lead to web pages only", () => {
  const link = (to: string) => pieces(`${ESC}]8;;${to}\u0007text${ESC}]8;;\u0007`)[0];
  expect(link("https://example.com/a")).toEqual({ text: "text", href: "https://example.com/a" });
  expect(link("javascript:alert(1)")).toEqual({ text: "text" });
});

test("what turns the reading order is visible, markup stays text", () => {
  expect(plain("a\u202Eb <script>")).toBe("a⟨202E⟩b <script>");
  expect(pieces("<b>x</b>")).toEqual([{ text: "<b>x</b>" }]);
});
