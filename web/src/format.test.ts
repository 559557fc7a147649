import { expect, test } from "vitest";
import { age, clock, duration, exactDuration } from "./format.ts";

test("durations are short and of even width", () => {
  expect([0, 42_400, 59_600, 65_000, 7_440_000].map(duration)).toEqual(["0s", "42s", "1m 00s", "1m 05s", "2h 04m"]);
  expect([20, 900, 12_000].map(exactDuration)).toEqual(["<0.1s", "0.9s", "12s"]);
  expect([0, 65_000, 7_440_000].map(clock)).toEqual(["0:00", "1:05", "2:04:00"]);
});

test("ages become dates after a day", () => {
  const now = Date.parse("2026-03-10T12:00:00Z");
  expect(age("2026-03-10T11:59:50Z", now)).toBe("just now");
  expect(age("2026-03-10T11:57:00Z", now)).toBe("3m ago");
  expect(age("2026-03-10T07:00:00Z", now)).toBe("5h ago");
  expect(age("2026-03-01T07:00:00Z", now)).toBe("Mar 1, 2026");
});
