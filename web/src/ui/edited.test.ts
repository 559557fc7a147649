import { act, renderHook } from "@testing-library/react";
import { expect, test } from "vitest";
import { ApiError } from "../api/errors.ts";
import { useEdited } from "./edited.ts";

const saved = { Name: "Shop", Description: "", LastModifiedOn: "1", LastModifiedBy: "priya" };
const opened = () => renderHook((now: typeof saved) => useEdited(now), { initialProps: saved });

test("what is typed stays when somebody saves; the fields that were left alone follow", () => {
  const { result, rerender } = opened();
  act(() => result.current.set({ Name: "Web shop" }));
  rerender({ ...saved, Description: "theirs", LastModifiedOn: "2" });
  expect(result.current.value).toMatchObject({ Name: "Web shop", Description: "theirs", LastModifiedOn: "2" });
  expect([result.current.isNewer, result.current.theirs]).toEqual([true, {}]);
});

test("what both changed is for the person to decide", () => {
  const { result, rerender } = opened();
  act(() => result.current.set({ Description: "mine" }));
  rerender({ ...saved, Description: "theirs", LastModifiedOn: "2" });
  expect(result.current.theirs).toEqual({ Description: "theirs" });
  expect(result.current.value.Description).toBe("mine");
  act(() => result.current.keepMine());
  expect([result.current.theirs, result.current.value.Description]).toEqual([{}, "mine"]);
  rerender({ ...saved, Description: "a third", LastModifiedOn: "3" });
  expect(result.current.theirs).toEqual({ Description: "a third" });
  act(() => result.current.takeTheirs());
  expect([result.current.isChanged, result.current.value.Description]).toEqual([false, "a third"]);
});

test("a save that comes too late loads what is there and keeps what was typed", async () => {
  const { result, rerender } = opened();
  act(() => result.current.set({ Name: "Web shop" }));
  const stale = async () => {
    throw new ApiError(409, { Code: "StaleVersion" });
  };
  await act(() => result.current.save(stale, async () => rerender({ ...saved, Name: "Store", LastModifiedOn: "2" })));
  expect([result.current.value.Name, result.current.theirs]).toEqual(["Web shop", { Name: "Store" }]);
});

test("after a save the form follows what is saved, but for what was typed meanwhile", async () => {
  const { result, rerender } = opened();
  act(() => result.current.set({ Name: "Web shop " }));
  await act(() =>
    result.current.save(
      async () => {
        result.current.set({ Description: "typed meanwhile" });
        rerender({ ...saved, Name: "Web shop", LastModifiedOn: "2" });
      },
      async () => undefined,
    ),
  );
  expect(result.current.value).toMatchObject({ Name: "Web shop", Description: "typed meanwhile" });
  expect(result.current.theirs).toEqual({});
});
