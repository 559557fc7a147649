/** How states and reasons of a run read; all of it said by the server, nothing worked out here. */
import { duration } from "../../format.ts";
import type { State } from "../../ui/Status.tsx";
import type { ActionRun, Attempt, Run, Step } from "./run.ts";
import { isSettled } from "./run.ts";
import { t } from "./text.ts";

const KINDS_HELD = ["Lock", "Worker", "Limit", "Offline", "BackOff"];

/** The state `Status` shows for a step or one of its actions. */
export function stateOf(of: { State: string; Waiting?: { Kind: string }; HasWarnings?: boolean }): State {
  switch (of.State) {
    case "Running":
      return "running";
    case "Interrupted":
      return "person";
    case "Succeeded":
      return of.HasWarnings ? "warning" : "succeeded";
    case "Ignored":
      return "warning";
    case "Failed":
      return "failed";
    case "Canceled":
      return "cancelled";
    case "Skipped":
      return "skipped";
    default:
      return of.Waiting && KINDS_HELD.includes(of.Waiting.Kind) ? "held" : "waiting";
  }
}

export const sentence = (text: string) => text.charAt(0).toUpperCase() + text.slice(1);

/** What a row says of its step: progress while it runs, the reason while it does not. */
export function wordsOf(step: Step): string | undefined {
  if (step.State === "Ignored") return t("ignored");
  if (step.State === "Running") return progressOf(step);
  if (step.State === "Interrupted") return sentence(held(step) ?? t("person"));
  if (step.State === "Pending" || step.State === "Ready") {
    const reason = step.Waiting?.Message ?? held(step);
    return reason ? sentence(reason) : t("ready");
  }
  return step.Message && (step.State === "Skipped" || step.State === "Failed") ? labelled(step) : undefined;
}

function labelled(step: Step): string {
  return `${step.State}, ${step.Message}`;
}

function held(step: Step): string | undefined {
  return step.ActionRuns.find((run) => run.Waiting)?.Waiting?.Message;
}

function progressOf(step: Step): string | undefined {
  const said = step.ActionRuns.find((run) => run.State === "Running" && run.Progress?.Percent !== undefined)?.Progress;
  if (said) return [`${said.Percent}%`, said.Message].filter(Boolean).join(" ");
  const all = new Set(step.ActionRuns.map((run) => run.MachineId));
  const late = step.Expected?.OverdueMs ? t("longer", { time: duration(step.Expected.OverdueMs) }) : undefined;
  const isHeld = !step.ActionRuns.some((run) => run.State === "Running");
  if (isHeld) {
    const reason = held(step);
    if (reason) return sentence(reason);
  }
  if (all.size < 2) return late && sentence(late);
  const open = new Set(step.ActionRuns.filter((run) => !isSettled(run.State)).map((run) => run.MachineId));
  const done = t("targetsDone", { done: all.size - open.size, all: all.size });
  return [done, late].filter(Boolean).join(", ");
}

export function wordsOfAction(run: ActionRun): string | undefined {
  if (run.State === "Retrying") return run.Waiting ? sentence(run.Waiting.Message) : t("retryAt");
  if (run.Waiting) return sentence(run.Waiting.Message);
  if (run.State === "Ignored") return t("ignored");
  return run.Message;
}

export function stateOfAttempt(attempt: Attempt): State {
  if (!attempt.Outcome) return attempt.StartedAt ? "running" : "waiting";
  if (attempt.Outcome === "Succeeded") return "succeeded";
  if (attempt.Outcome === "Canceled" || attempt.Outcome === "NotStarted") return "cancelled";
  return attempt.Outcome === "Unknown" ? "unknown" : "failed";
}

export function machineName(machines: Run["Machines"], id: string | undefined): string {
  return id === undefined ? t("onWorker") : (machines.find((machine) => machine.Id === id)?.Name ?? id);
}

/** "about 2m 40s left", as a range where it is one; nobody knows that of what takes longer than it ever did. */
export function remaining(run: Run): string | undefined {
  const forecast = run.Forecast;
  if (!forecast || forecast.WithoutHistory.length === run.Steps.length) return undefined;
  if (forecast.OverdueMs) return t("longer", { time: duration(forecast.OverdueMs) });
  const [from, to] = [duration(forecast.RemainingMs.From), duration(forecast.RemainingMs.To)];
  return from === to ? t("left", { time: to }) : t("leftRange", { from, to });
}

export interface Tally {
  done: number;
  running: number;
  waiting: number;
  failed: number;
  person: number;
}

export function tally(steps: Step[]): Tally {
  const count = { done: 0, running: 0, waiting: 0, failed: 0, person: 0 };
  for (const step of steps) {
    if (step.State === "Running") count.running += 1;
    else if (step.State === "Interrupted") count.person += 1;
    else if (step.State === "Failed") count.failed += 1;
    else if (isSettled(step.State)) count.done += 1;
    else count.waiting += 1;
  }
  return count;
}
