/** What starting a deployment and starting a run have in common. */
import { useRef } from "react";
import type { Plan } from "./queries.ts";

/** Ids of the actions of the steps with these slugs. */
export function actionsOf(plan: Plan | undefined, left: string[]): string[] {
  const steps = plan?.Steps.filter((step) => left.includes(step.StepSlug)) ?? [];
  return steps.flatMap((step) => step.Actions.map((action) => action.ActionId));
}

/** The same key for every try of one deployment, so that a double click or a repeat after a time-out makes one. */
export function useIdempotencyKey(of: string): () => string {
  const kept = useRef<{ of: string; key: string }>(undefined);
  return () => {
    if (kept.current?.of !== of) kept.current = { of, key: `${Date.now()}-${Math.random().toString(36).slice(2)}` };
    return kept.current.key;
  };
}
