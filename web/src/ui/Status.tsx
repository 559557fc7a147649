/** The only way to show a state: a shape and a word, never a colour alone. */
import {
  Ban,
  Check,
  ChevronsRight,
  Circle,
  CircleHelp,
  CirclePause,
  Diamond,
  OctagonX,
  Play,
  TriangleAlert,
} from "lucide-react";
import { messages } from "../text/messages.ts";
import classes from "./Status.module.css";

export const states = [
  "waiting",
  "queued",
  "held",
  "running",
  "succeeded",
  "warning",
  "failed",
  "person",
  "cancelling",
  "cancelled",
  "skipped",
  "unknown",
] as const;
export type State = (typeof states)[number];

const t = messages({
  waiting: "Waiting",
  queued: "Queued",
  held: "Waiting",
  running: "Running",
  succeeded: "Succeeded",
  warning: "Succeeded with warnings",
  failed: "Failed",
  person: "Needs a person",
  cancelling: "Cancelling",
  cancelled: "Cancelled",
  skipped: "Skipped",
  unknown: "Unknown",
});

const icons = {
  waiting: Circle,
  queued: Circle,
  held: CirclePause,
  running: Play,
  succeeded: Check,
  warning: TriangleAlert,
  failed: OctagonX,
  person: Diamond,
  cancelling: Ban,
  cancelled: Ban,
  skipped: ChevronsRight,
  unknown: CircleHelp,
} as const;

interface StatusProps {
  state: State;
  /** Says more than the state's own word, such as "3 of 4 targets done". */
  label?: string;
  /** Shows the icon only; the word is still read out. */
  iconOnly?: boolean;
  /** For what succeeded long ago: grey, so that it recedes. */
  quiet?: boolean;
}

export function Status({ state, label, iconOnly = false, quiet = false }: StatusProps) {
  const Icon = icons[state];
  const word = label ?? t(state);
  const isFilled = !iconOnly && (state === "failed" || state === "person");
  const className = [classes.status, classes[state], isFilled && classes.filled, quiet && classes.quiet]
    .filter(Boolean)
    .join(" ");
  return (
    <span className={className} data-state={state}>
      <Icon className={classes.icon} size={16} strokeWidth={1.75} aria-hidden />
      <span className={iconOnly ? "visually-hidden" : undefined}>{word}</span>
    </span>
  );
}

/** The state's word alone, for sentences and titles. */
export function stateWord(state: State): string {
  return t(state);
}

/** Octopus' task states in ours. */
export function stateOfTask(task: {
  State?: string | null;
  HasWarningsOrErrors?: boolean | null;
  HasPendingInterruptions?: boolean | null;
}): State {
  if (task.HasPendingInterruptions) return "person";
  switch (task.State) {
    case "Queued":
      return "queued";
    case "Executing":
      return "running";
    case "Success":
      return task.HasWarningsOrErrors ? "warning" : "succeeded";
    case "Failed":
    case "TimedOut":
      return "failed";
    case "Canceled":
      return "cancelled";
    case "Cancelling":
      return "cancelling";
    default:
      return "unknown";
  }
}
