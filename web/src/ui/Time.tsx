/** Points in time and durations that tick. */
import { Tooltip } from "@mantine/core";
import { useSyncExternalStore } from "react";
import { age, duration, fullTime } from "../format.ts";

const listeners = new Set<() => void>();
let now = Date.now();
let isHeld = false;

function tick() {
  if (isHeld) return;
  now = Date.now();
  for (const listener of listeners) listener();
}
setInterval(tick, 1_000);

/** While nobody knows what goes on, nothing that ticks pretends to. */
export function holdTime(hold: boolean) {
  isHeld = hold;
  document.documentElement.toggleAttribute("data-held", hold);
  tick();
}

/** The time, once a second or as often as asked. One timer for the whole page. */
export function useNow(every_ms = 1): number {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => now - (now % every_ms),
  );
}

/** `3m ago`, with the full date and zone in a tooltip. */
export function Age({ at }: { at: string }) {
  const text = age(at, useNow());
  return (
    <Tooltip label={fullTime(at)}>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: the full time must be reachable by keyboard */}
      <time dateTime={at} tabIndex={0} className="number">
        {text}
      </time>
    </Tooltip>
  );
}

/** How long something has been going on. */
export function Elapsed({ since }: { since: string }) {
  const current = useNow();
  return (
    <span className="number" data-ticks>
      {duration(Math.max(0, current - Date.parse(since)))}
    </span>
  );
}
