// @vitest-environment jsdom
import { cleanup, render, screen } from "@testing-library/react";
import { Suspense } from "react";
import { afterEach, expect, test } from "vitest";
import { chunk } from "./chunk.tsx";

afterEach(cleanup);

const later = async () => ({ default: ({ name }: { name: string }) => <p>{name}</p> });
const drawn = (Part: ReturnType<typeof chunk<{ name: string }>>) =>
  render(
    <Suspense fallback="not yet">
      <Part name="the graph" />
    </Suspense>,
  ).container.textContent;

test("what was loaded ahead is drawn in the first go", async () => {
  const part = chunk(later);
  await part.ahead();
  expect(drawn(part)).toBe("the graph");
});

test("what was not is drawn when it comes", async () => {
  expect(drawn(chunk(later))).toBe("not yet");
  expect(await screen.findByText("the graph")).toBeDefined();
});

test("what cannot be loaded ahead may still come when it is drawn", async () => {
  let isCut = true;
  const part = chunk(() => (isCut ? Promise.reject(new Error("cut")) : later()));
  await part.ahead();
  isCut = false;
  expect(drawn(part)).toBe("not yet");
  expect(await screen.findByText("the graph")).toBeDefined();
});
