/** Saving the draft: when somebody else saved in between, both are brought together and looked at again first. */
import { asApiError } from "../../api/errors.ts";
import { queryClient } from "../../api/queries.ts";
import type { Owner } from "../../paths.ts";
import { listed } from "../../text/messages.ts";
import type { Draft } from "./draft.ts";
import { type Conflict, merge } from "./merge.ts";
import { type Process, type Step, slugOf } from "./model.ts";
import { planProcess, processQuery, versionsQuery } from "./queries.ts";
import { putProcess } from "./source.ts";
import { t } from "./text.ts";

/** What somebody else saved meanwhile. */
export interface Others {
  /** Who, for people; nothing when that is not known. */
  who: string;
  theirs: Process;
}

export type Outcome =
  | { kind: "saved"; version: number; with?: Others }
  /** Both changed the same; nothing is saved until the person has chosen. */
  | ({ kind: "conflict"; base: Process; conflicts: Conflict[] } & Others)
  /** Nothing is saved; the draft goes on from what the other saved. */
  | ({ kind: "editing" } & Others)
  /** What came of bringing both together cannot be saved, such as a loop. */
  | ({ kind: "broken"; steps: Step[]; reasons: string[] } & Others);

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

function finish(owner: Owner, draft: Draft, sent: Step[], saved: Process): number {
  const now = draft.current().steps;
  if (now === sent) draft.restart(saved);
  else draft.rebase(saved, since(sent, now, saved), "");
  queryClient.setQueryData(processQuery(owner).queryKey, saved);
  queryClient.invalidateQueries({ queryKey: ["releases"] });
  return saved.Version ?? 0;
}

export async function save(owner: Owner, draft: Draft): Promise<Outcome> {
  const { base, steps } = draft.current();
  try {
    return { kind: "saved", version: finish(owner, draft, steps, await put(owner, base, steps)) };
  } catch (error) {
    if (asApiError(error).status !== 409) throw error;
    return together(owner, draft);
  }
}

/** Who saved the versions after this one. */
async function saversAfter(owner: Owner, version: number): Promise<string> {
  const kept = await queryClient.fetchQuery({ ...versionsQuery(owner, 0), staleTime: 0 }).catch(() => undefined);
  const newer = (kept?.Items ?? []).filter((one) => (one.Version ?? 0) > version);
  return listed([...new Set(newer.flatMap((one) => one.SavedBy ?? []))]);
}

/** My changes on top of the newest version, as far as it is decided what of both holds. */
async function bring(owner: Owner, draft: Draft, chosen: Chosen) {
  const theirs = await queryClient.fetchQuery({ ...processQuery(owner), staleTime: 0 });
  const { base, steps } = draft.current();
  const others: Others = { theirs, who: await saversAfter(owner, base.Version ?? 0) };
  const choose = (conflict: Conflict) => chosen.get(keyOf(conflict)) ?? "theirs";
  const merged = merge(base.Steps ?? [], steps, theirs.Steps ?? [], choose);
  const isOpen = merged.conflicts.some((conflict) => !chosen.has(keyOf(conflict)));
  const open: Outcome | undefined = isOpen
    ? { kind: "conflict", base, conflicts: merged.conflicts, ...others }
    : undefined;
  return { mine: steps, merged: merged.steps, others, open };
}

/** Brings my changes and the newest version together. What both changed and nobody has decided is asked about first. */
export async function together(owner: Owner, draft: Draft, chosen: Chosen = new Map()): Promise<Outcome> {
  const { mine, merged, others, open } = await bring(owner, draft, chosen);
  if (open) return open;
  const plan = await planProcess(owner, merged);
  if (plan.CanBeSaved === false) {
    const reasons = (plan.Problems ?? [])
      .filter((problem) => problem.PreventsSaving)
      .map((problem) => problem.Message ?? "");
    return { kind: "broken", steps: merged, reasons, ...others };
  }
  const saved = await put(owner, others.theirs, merged);
  return { kind: "saved", version: finish(owner, draft, mine, saved), with: others };
}

/** Takes what was chosen into the draft, based on the newest version, and saves nothing. */
export async function goOnEditing(owner: Owner, draft: Draft, chosen: Chosen): Promise<Outcome> {
  const { merged, others, open } = await bring(owner, draft, chosen);
  if (open) return open;
  draft.rebase(others.theirs, merged, t("didChoose"));
  return { kind: "editing", ...others };
}
