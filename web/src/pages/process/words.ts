/** What the server says of a step, as short texts for rows and cards. */
import { duration } from "../../format.ts";
import { listed } from "../../text/messages.ts";
import type { PlanStep } from "./model.ts";
import { t } from "./text.ts";

/** Where a step runs: `web (4)`, `worker`, `a person`. */
export function runsOn(step: PlanStep | undefined): string {
  const place = step?.RunsOn;
  if (!place) return "";
  const tags = place.TargetTags ?? [];
  const machines = place.Machines?.length ?? 0;
  const on = tags.length > 0 ? `${tags.join(", ")} (${machines})` : undefined;
  if (place.Kind === "Manual") return t("manual");
  if (place.Kind === "OnTarget") return on ?? t("noTargets");
  if (place.Kind === "OnWorker") return on ?? t("worker");
  return on ?? t("server");
}

export function typical(step: PlanStep | undefined): string {
  return typeof step?.TypicalMs === "number" ? duration(step.TypicalMs) : "–";
}

export type BySlug = ReadonlyMap<string | undefined, PlanStep>;

export const bySlug = (all: PlanStep[]): BySlug => new Map(all.map((step) => [step.StepSlug, step]));

/** `after 1, 2`: by number, as short as the column is. */
export function startsShort(step: PlanStep | undefined, all: BySlug): string {
  if (!step) return "";
  const waits = step.WaitsFor ?? [];
  if (waits.length === 0) return t("atStart");
  const numbers = waits.map((wait) => all.get(wait.StepSlug)?.Number ?? 0).sort((a, b) => a - b);
  const range = ranges(numbers);
  return step.StartRule === "AfterPrevious" ? `after all above (${range})` : `after ${range}`;
}

/** `1–4, 6`. */
export function ranges(numbers: number[]): string {
  const found: [number, number][] = [];
  for (const n of numbers) {
    const last = found.at(-1);
    if (last && n === last[1] + 1) last[1] = n;
    else found.push([n, n]);
  }
  return found
    .map(([from, to]) => (from === to ? `${from}` : to === from + 1 ? `${from}, ${to}` : `${from}–${to}`))
    .join(", ");
}

/** All about a step in one sentence, as the graph and the list read it out. */
export function spoken(step: PlanStep, all: BySlug, problems: number): string {
  const name = (slug: string | undefined) => all.get(slug)?.StepName ?? slug ?? "";
  const parts = [
    `${step.StepName}, step ${step.Number} of ${all.size}`,
    step.StartRule === "AfterPrevious" ? undefined : "parallel",
    step.WaitsFor?.length
      ? `waits for ${listed(step.WaitsFor.filter((wait) => !wait.IsRedundant).map((wait) => name(wait.StepSlug)))}`
      : "starts with the deployment",
    step.FollowedBy?.length ? `followed by ${listed(step.FollowedBy.map(name))}` : undefined,
    problems > 0 ? `${problems} ${problems === 1 ? "problem" : "problems"}` : undefined,
  ];
  return parts.filter(Boolean).join(", ");
}
