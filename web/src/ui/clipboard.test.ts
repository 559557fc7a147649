// @vitest-environment jsdom
import { afterEach, expect, test, vi } from "vitest";
import { toClipboard } from "./clipboard.ts";

afterEach(() => vi.unstubAllGlobals());

function copies(works: boolean) {
  const copied: string[] = [];
  document.execCommand = () => {
    copied.push((document.activeElement as HTMLTextAreaElement).value);
    return works;
  };
  return copied;
}

test("without the proper way, a selection is copied and the focus comes back", async () => {
  vi.stubGlobal("navigator", {});
  const copied = copies(true);
  const button = document.body.appendChild(document.createElement("button"));
  button.focus();
  expect(await toClipboard("API-KEY")).toBe(true);
  expect(copied).toEqual(["API-KEY"]);
  expect(document.activeElement).toBe(button);
  expect(document.querySelector("textarea")).toBeNull();
});

test("what could not be copied is said", async () => {
  vi.stubGlobal("navigator", { clipboard: { writeText: () => Promise.reject(new Error("denied")) } });
  copies(false);
  expect(await toClipboard("API-KEY")).toBe(false);
});
