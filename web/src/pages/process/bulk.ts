/**
 * Edits of several steps at once, each of which is one edit to undo. What the steps wait for is the server's to say; here
 * it is written into their lists.
 */
import * as edits from "./edits.ts";
import { dependencies, isParallel, type Step, slugOf } from "./model.ts";
import type { BySlug } from "./words.ts";

type Steps = Step[];

/** What a step waits for, without what another wait implies. */
export function needed(plans: BySlug, slug: string): string[] {
  const waits = plans.get(slug)?.WaitsFor ?? [];
  return waits.filter((wait) => !wait.IsRedundant).map((wait) => wait.StepSlug ?? "");
}

/** What a step waits for outside of the others: what these wait for is handed on. */
function outside(plans: BySlug, slug: string, others: ReadonlySet<string>, seen = new Set<string>()): string[] {
  if (seen.has(slug)) return [];
  seen.add(slug);
  return needed(plans, slug).flatMap((on) => (others.has(on) ? outside(plans, on, others, seen) : [on]));
}

/** Each waits only for what is outside of them, so that they can run beside each other. */
export function runBeside(steps: Steps, chosen: string[], plans: BySlug): Steps {
  const all = new Set(chosen);
  return chosen.reduce((next, slug) => edits.waitFor(next, slug, outside(plans, slug, all)), steps);
}

/** Each keeps waiting for what it waits for now, whatever is put above it from now on. */
export function runParallel(steps: Steps, chosen: string[], plans: BySlug): Steps {
  return chosen.reduce((next, slug) => edits.waitFor(next, slug, needed(plans, slug)), steps);
}

/** Each waits for one more. One without a list of its own gets one, of what it waits for now. */
export function waitAlsoFor(steps: Steps, chosen: string[], on: string, plans: BySlug): Steps {
  return chosen.reduce((next, slug) => {
    const step = next.find((known) => slugOf(known) === slug);
    const own = step && isParallel(step) ? dependencies(step) : undefined;
    return edits.waitFor(next, slug, [...(own ?? needed(plans, slug)), on]);
  }, steps);
}

export function setDisabled(steps: Steps, chosen: string[], disabled: boolean): Steps {
  return chosen.reduce((next, slug) => edits.setDisabled(next, slug, disabled), steps);
}

export function duplicate(steps: Steps, chosen: string[]): Steps {
  return chosen.reduce((next, slug) => edits.duplicate(next, slug), steps);
}

/** What waited for one of them waits for what that one waited for. */
export function remove(steps: Steps, chosen: string[], plans: BySlug): Steps {
  const all = new Set(chosen);
  return chosen.reduce((next, slug) => edits.remove(next, slug, outside(plans, slug, all)), steps);
}
