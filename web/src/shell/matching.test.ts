import { expect, test } from "vitest";
import { matches } from "./matching.ts";

test("words in any order and initials find a name", () => {
  expect(matches("", "Web shop")).toBe(true);
  expect(matches("shop web", "Web shop")).toBe(true);
  expect(matches("ws", "Web shop")).toBe(true);
  expect(matches("shopx", "Web shop")).toBe(false);
});
