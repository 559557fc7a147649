/** What the API has recorded of a run, and the sentence that follows from its times alone. */
import type { Server } from "./server.ts";

export interface Recorded {
  Steps: {
    StepSlug: string;
    StepName: string;
    StartedAt: string;
    EndedAt: string;
    WaitsFor: { StepSlug: string }[];
    ActionRuns: { Attempts?: { StartedAt?: string; EndedAt?: string }[] }[];
  }[];
}

export const recorded = (server: Server, task: string) =>
  server.call<Recorded>("GET", `/api/Spaces-1/tasks/${task}/run`);

type Step = Recorded["Steps"][number];

/** When scripts of the step ran, in milliseconds; what began and ended in the same one counts for nothing. */
function spansOf(step: Step): [number, number][] {
  const attempts = step.ActionRuns.flatMap((action) => action.Attempts ?? []);
  return attempts
    .map(({ StartedAt, EndedAt }): [number, number] => [Date.parse(StartedAt ?? ""), Date.parse(EndedAt ?? "")])
    .filter(([from, to]) => from < to);
}

/** The most steps that ran in any one moment. */
function mostAtOnce(steps: Step[]): number {
  const spans = steps.map(spansOf);
  const runs = (own: [number, number][], at: number) => own.some(([from, to]) => from <= at && at < to);
  const begins = spans.flat().map(([from]) => from);
  return Math.max(1, ...begins.map((at) => spans.filter((own) => runs(own, at)).length));
}

/** How many ran at once, and how many of the dependencies were kept, by the times at which each step began and was over. */
export async function measured(server: Server, task: string) {
  const { Steps } = await recorded(server, task);
  const times = new Map(Steps.map((step) => [step.StepSlug, [Date.parse(step.StartedAt), Date.parse(step.EndedAt)]]));
  const [began, over] = [(slug: string) => times.get(slug)?.[0] ?? Number.NaN, (slug: string) => times.get(slug)?.[1]];
  const waits = Steps.flatMap((step) => step.WaitsFor.map((on) => [step.StepSlug, on.StepSlug] as const));
  const kept = waits.filter(([step, on]) => began(step) >= (over(on) ?? Number.POSITIVE_INFINITY));
  return { atOnce: mostAtOnce(Steps), kept: kept.length, all: waits.length };
}
