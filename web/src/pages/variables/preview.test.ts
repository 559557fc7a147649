import { expect, test } from "vitest";
import { placeOf, textOf } from "./preview.ts";

test("a place is written into the address and read back, whatever its names hold", () => {
  expect(textOf({ env: "Test", target: "web-01" })).toBe("env:Test,target:web-01");
  const odd = { env: "a,b:c %2C", step: "Deploy web" };
  expect(placeOf(textOf(odd) ?? "")).toEqual(odd);
  expect(textOf({})).toBeUndefined();
});

test("what is no part of a place is left out", () => {
  expect(placeOf("env:Test,nothing:x,,target")).toEqual({ env: "Test" });
});
