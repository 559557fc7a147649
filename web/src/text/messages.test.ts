import { expect, test } from "vitest";
import { messages } from "./messages.ts";

const t = messages({
  hello: "Hello {name}",
  steps: "{n, plural, =0 {no steps} one {# step} other {# steps in {place}}}",
  big: "{n} rows",
});

test("placeholders, numbers and plurals are filled in", () => {
  expect(t("hello", { name: "Ana {x}" })).toBe("Hello Ana {x}");
  expect(t("steps", { n: 0 })).toBe("no steps");
  expect(t("steps", { n: 1 })).toBe("1 step");
  expect(t("steps", { n: 1200, place: "Test" })).toBe("1,200 steps in Test");
  expect(t("big", { n: 12345 })).toBe("12,345 rows");
});

test("a value that was forgotten shows", () => {
  expect(t("hello")).toBe("Hello {name}");
});
