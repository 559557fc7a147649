/**
 * Keeps the snapshot of a run up to date by the events that follow it: states show at once. The snapshot is read again
 * soon after, because reasons and forecasts rest on other tasks as well. That something happened is told by the one
 * live connection of the browser, so that a tab which watches a run holds no connection of its own.
 */
import { useSuspenseQuery } from "@tanstack/react-query";
import { useEffect } from "react";
import { request, spacePath } from "../../api/client.ts";
import { queryClient } from "../../api/queries.ts";
import { onChange } from "../../live/live.ts";
import { runKey, runQuery } from "./queries.ts";
import { after, type Run, type RunEvent } from "./run.ts";

/** Forecasts and reasons to wait move on without an event. */
const FORECAST_EVERY_MS = 2_500;
/** More would keep the page from answering a key for too long. */
const EVENTS_AT_ONCE = 200;

export function useRun(task: string): Run {
  const { data: run } = useSuspenseQuery({
    ...runQuery(task),
    refetchInterval: ({ state }) => (state.data?.Task.IsCompleted ? false : FORECAST_EVERY_MS),
  });
  const isOver = run.Task.IsCompleted;
  useEffect(() => (isOver ? undefined : follow(task)), [task, isOver]);
  return run;
}

/** Reads on whenever something happened to the task, until the answered function is called. */
function follow(task: string): () => void {
  const gone = new AbortController();
  let isReading = false;
  let isBehind = false;
  const readOn = async () => {
    isBehind = true;
    if (isReading) return;
    isReading = true;
    try {
      while (isBehind && !gone.signal.aborted) {
        isBehind = false;
        await readEvents(task, gone.signal);
      }
    } catch {
      // The live connection says that the server cannot be reached; the snapshot catches up when it can.
    } finally {
      isReading = false;
    }
  };
  const end = onChange((change) => {
    if (change.topic === "tasks" && change.id === task && document.visibilityState === "visible") readOn();
  });
  readOn();
  return () => {
    end();
    gone.abort();
  };
}

async function readEvents(task: string, signal: AbortSignal) {
  for (;;) {
    const run = queryClient.getQueryData<Run>(runKey(task));
    // Before there is a plan, events are about nothing that is known; the snapshot tells of both together.
    if (!run || run.Steps.length === 0) return;
    const path = spacePath(`tasks/${task}/events?after=${run.AsOf}&take=${EVENTS_AT_ONCE}`);
    const { Items } = await request<{ Items: RunEvent[] }>("GET", path, undefined, signal);
    // All that came together is shown together: each change on its own would draw the page anew.
    const next = queryClient.setQueryData<Run>(runKey(task), (now) => now && after(now, Items));
    if (Items.length < EVENTS_AT_ONCE || next?.AsOf === run.AsOf) return;
  }
}
