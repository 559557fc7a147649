/**
 * Keeps the snapshot of a run up to date by the events that follow it. Reasons and forecasts rest on other tasks as
 * well, so the snapshot is read again soon after something happened; states show at once.
 */
import { useSuspenseQuery } from "@tanstack/react-query";
import { useEffect } from "react";
import { spacePath } from "../../api/client.ts";
import { queryClient } from "../../api/queries.ts";
import { runKey, runQuery } from "./queries.ts";
import { after, type Run, type RunEvent } from "./run.ts";

const SETTLE_MS = 300;

export function useRun(task: string): Run {
  const { data: run } = useSuspenseQuery(runQuery(task));
  const isOver = run.Task.IsCompleted;
  useEffect(() => (isOver ? undefined : follow(task)), [task, isOver]);
  return run;
}

/** Listens until the answered function is called. The browser connects again by itself, after the last event it saw. */
function follow(task: string): () => void {
  const known = queryClient.getQueryData<Run>(runKey(task))?.AsOf ?? 0;
  const source = new EventSource(spacePath(`tasks/${task}/events?after=${known}`));
  let timer: ReturnType<typeof setTimeout> | undefined;
  const readAgain = () => {
    timer ??= setTimeout(() => {
      timer = undefined;
      queryClient.invalidateQueries({ queryKey: ["tasks", task] });
    }, SETTLE_MS);
  };
  source.onmessage = (message: MessageEvent<string>) => {
    take(task, JSON.parse(message.data) as RunEvent);
    readAgain();
  };
  return () => {
    source.close();
    clearTimeout(timer);
  };
}

function take(task: string, event: RunEvent) {
  queryClient.setQueryData<Run>(runKey(task), (run) => (run ? (after(run, event) ?? run) : run));
}
