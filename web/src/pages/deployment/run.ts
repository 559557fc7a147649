/** What the API says of a run: the snapshot of `tasks/{id}/run`, and the events that follow it. */
export type StepState =
  | "Pending"
  | "Ready"
  | "Running"
  | "Interrupted"
  | "Succeeded"
  | "Ignored"
  | "Failed"
  | "Canceled"
  | "Skipped";

export interface Reason {
  Kind: string;
  Reason: string;
  Message: string;
  InterruptionId?: string;
  HolderTaskId?: string;
  Until?: string;
}

export interface Attempt {
  Number: number;
  Ticket: string;
  WorkerId?: string;
  IssuedAt: string;
  StartedAt?: string;
  EndedAt?: string;
  Outcome?: string;
  Message?: string;
}

export interface ActionRun {
  ActionSlug: string;
  MachineId?: string;
  State: StepState | "Retrying" | "Queued";
  StartedAt?: string;
  EndedAt?: string;
  RetriesAt?: string;
  Message?: string;
  ConditionError?: string;
  HasWarnings?: boolean;
  InterruptionId?: string;
  Attempts?: Attempt[];
  Waiting?: Reason;
  Progress?: { Percent?: number; Message?: string };
}

/** The part of a step that events change. */
export interface StepChange {
  StepSlug: string;
  State: StepState;
  StartedAt?: string;
  EndedAt?: string;
  Message?: string;
  ConditionError?: string;
  HasWarnings?: boolean;
  ActionRuns: ActionRun[];
}

export interface Span {
  From: string;
  To: string;
}

export interface Step extends StepChange {
  Number: number;
  StepName: string;
  Lane: number;
  /** Numbers of the rows its line covers, both included. */
  RailFrom: number;
  RailTo: number;
  WaitsFor: { StepSlug: string; Kind: "Explicit" | "Implicit"; IsRedundant: boolean }[];
  Condition: string;
  MachineIds: string[];
  Actions: { ActionSlug: string; ActionName: string; ActionType: string }[];
  Waiting?: Reason;
  Expected?: { Starts: Span; Ends: Span; SlackMs?: number; OverdueMs?: number; IsGuessed?: boolean };
}

export interface Question {
  StepSlug: string;
  StepName: string;
  MachineId?: string;
  MachineName?: string;
  InterruptionId: string;
  Kind: "Manual" | "GuidedFailure";
  StepsHeld: string[];
  StepsGoingOn: string[];
}

export interface Task {
  Id: string;
  /** `Deploy` or `RunbookRun`. */
  Name: string;
  Description: string;
  State: string;
  QueueTime: string;
  StartTime?: string | null;
  CompletedTime?: string | null;
  ErrorMessage?: string;
  IsCompleted: boolean;
  HasPendingInterruptions?: boolean;
  HasWarningsOrErrors?: boolean;
  ProjectId?: string;
  EnvironmentId?: string;
}

export interface Forecast {
  Ends: Span;
  RemainingMs: { From: number; To: number };
  TypicalRemainingMs: number;
  /** How much longer than in its past runs something takes that runs now. */
  OverdueMs?: number;
  CriticalPath: string[];
  OneByOneMs: number;
  ActualMs: number;
  BestPossibleMs: number;
  SavedMs: number;
  WithoutHistory: string[];
}

export interface Run {
  Task: Task;
  At: string;
  AsOf: number;
  Queue?: { Position: number; Reason: string; Message: string; HolderTaskIds?: string[]; Until?: string };
  Steps: Step[];
  Machines: { Id: string; Name: string }[];
  IsCanceling?: boolean;
  HasFailed?: boolean;
  IsGuided?: boolean;
  FailurePolicy?: string;
  Questions?: Question[];
  Forecast?: Forecast;
}

export interface RunEvent {
  Seq: number;
  At: string;
  Type: string;
  Result?: string;
  StepName?: string;
  MachineName?: string;
  Message?: string;
  Steps?: StepChange[];
}

const keyOf = (run: ActionRun) => `${run.ActionSlug} ${run.MachineId ?? ""}`;

/**
 * The run after these events. What an event names is replaced as a whole; an event that is known already changes
 * nothing, and where one is missing the run stays as it was before, so that the caller asks again.
 */
export function after(run: Run, events: RunEvent[]): Run {
  const steps = new Map(run.Steps.map((step) => [step.StepSlug, step]));
  let { AsOf, IsCanceling } = run;
  for (const event of events) {
    if (event.Seq <= AsOf) continue;
    if (event.Seq > AsOf + 1) break;
    AsOf = event.Seq;
    IsCanceling ||= event.Type === "CancelRequested";
    for (const change of event.Steps ?? []) {
      const step = steps.get(change.StepSlug);
      if (step) steps.set(change.StepSlug, changed(step, change));
    }
  }
  if (AsOf === run.AsOf) return run;
  return { ...run, AsOf, ...(IsCanceling && { IsCanceling }), Steps: [...steps.values()] };
}

function changed(step: Step, change: StepChange): Step {
  const { StartedAt: _a, EndedAt: _b, Message: _c, ConditionError: _d, HasWarnings: _e, Waiting, ...planned } = step;
  const runs = new Map(step.ActionRuns.map((run) => [keyOf(run), run]));
  for (const run of change.ActionRuns) runs.set(keyOf(run), run);
  const isHeld = change.State === "Pending" || change.State === "Ready" || change.State === "Interrupted";
  return { ...planned, ...change, ...(isHeld && Waiting && { Waiting }), ActionRuns: [...runs.values()] };
}

/** The event up to which a snapshot may leave things out; 0 when there are no steps yet that could be completed from. */
export const knownUpTo = (run: Run | undefined) => (run && run.Steps.length > 0 ? run.AsOf : 0);

/** A snapshot that leaves out what had not changed since the state that is known, made whole by it. */
export function withKnown(fresh: Run, known: Run): Run {
  const steps = new Map(known.Steps.map((step) => [step.StepSlug, step]));
  return {
    ...fresh,
    Steps: fresh.Steps.map((step) => {
      // Reasons and progress are told whenever there are any.
      const kept = (steps.get(step.StepSlug)?.ActionRuns ?? []).map((run) => {
        if (!run.Waiting && !run.Progress) return run;
        const { Waiting: _, Progress: __, ...rest } = run;
        return rest;
      });
      const runs = new Map(kept.map((run) => [keyOf(run), run]));
      for (const run of step.ActionRuns) runs.set(keyOf(run), run);
      return { ...step, ActionRuns: [...runs.values()] };
    }),
  };
}

/** Whether a runbook is run, not a release deployed: called otherwise, and the same in everything else. */
export const isOfRunbook = (run: Run) => run.Task.Name === "RunbookRun";

export const isSettled = (state: string) => ["Succeeded", "Ignored", "Failed", "Canceled", "Skipped"].includes(state);

/** Time between two points of a run, up to `now` if it has not ended. */
export function took(of: { StartedAt?: string; EndedAt?: string }, now: number): number | undefined {
  if (!of.StartedAt) return undefined;
  return Math.max(0, (of.EndedAt ? Date.parse(of.EndedAt) : now) - Date.parse(of.StartedAt));
}
