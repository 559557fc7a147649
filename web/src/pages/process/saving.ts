/** Saving the draft: when somebody else saved in between, both are brought together and looked at again first. */
import { asApiError } from "../../api/errors.ts";
import { queryClient } from "../../api/queries.ts";
import type { Owner } from "../../paths.ts";
import type { Draft } from "./draft.ts";
import { type Conflict, merge } from "./merge.ts";
import { type Process, type Step, slugOf } from "./model.ts";
import { planProcess, processQuery } from "./queries.ts";
import { putProcess } from "./source.ts";

export type Outcome =
  | { kind: "saved"; version: number; isMerged: boolean }
  /** Both changed the same; nothing is saved until the person has chosen. */
  | { kind: "conflict"; theirs: Process; conflicts: Conflict[] }
  /** What came of bringing both together cannot be saved, such as a loop. */
  | { kind: "broken"; theirs: Process; steps: Step[]; reasons: string[] };

export type Side = "mine" | "theirs";
/** What the person has decided so far, by conflict. */
export type Chosen = Map<string, Side>;

/** A conflict as the person has seen it: once theirs is another value, it is another conflict. */
export function keyOf({ step, field, theirs }: Conflict): string {
  return JSON.stringify([step, field, theirs ?? null]);
}

const put = (owner: Owner, base: Process, steps: Step[]) => putProcess(owner, { ...base, Steps: steps });

/** What was edited while the server was saving stays, as changes to what is saved now. */
function since(sent: Step[], now: Step[], saved: Process): Step[] {
  const theirs = saved.Steps ?? [];
  // New steps got their ids from the server.
  const named = (step: Step) => {
    const Id = step.Id ?? theirs.find((known) => slugOf(known) === slugOf(step))?.Id;
    return Id ? { ...step, Id } : step;
  };
  return merge(sent.map(named), now.map(named), theirs, () => "mine").steps;
}

function finish(owner: Owner, draft: Draft, sent: Step[], saved: Process, isMerged: boolean): Outcome {
  const now = draft.current().steps;
  if (now === sent) draft.restart(saved);
  else draft.rebase(saved, since(sent, now, saved), "");
  queryClient.setQueryData(processQuery(owner).queryKey, saved);
  queryClient.invalidateQueries({ queryKey: ["releases"] });
  return { kind: "saved", version: saved.Version ?? 0, isMerged };
}

export async function save(owner: Owner, draft: Draft): Promise<Outcome> {
  const { base, steps } = draft.current();
  try {
    return finish(owner, draft, steps, await put(owner, base, steps), false);
  } catch (error) {
    if (asApiError(error).status !== 409) throw error;
    return together(owner, draft);
  }
}

/** Brings my changes and the newest version together. What both changed and nobody has decided is asked about first. */
export async function together(owner: Owner, draft: Draft, chosen: Chosen = new Map()): Promise<Outcome> {
  const theirs = await queryClient.fetchQuery({ ...processQuery(owner), staleTime: 0 });
  const { base, steps } = draft.current();
  const choose = (conflict: Conflict) => chosen.get(keyOf(conflict)) ?? "theirs";
  const merged = merge(base.Steps ?? [], steps, theirs.Steps ?? [], choose);
  const conflicts = merged.conflicts.filter((conflict) => !chosen.has(keyOf(conflict)));
  if (conflicts.length > 0) return { kind: "conflict", theirs, conflicts: merged.conflicts };
  const plan = await planProcess(owner, merged.steps);
  if (plan.CanBeSaved === false) {
    const reasons = (plan.Problems ?? [])
      .filter((problem) => problem.PreventsSaving)
      .map((problem) => problem.Message ?? "");
    return { kind: "broken", theirs, steps: merged.steps, reasons };
  }
  return finish(owner, draft, steps, await put(owner, theirs, merged.steps), true);
}
