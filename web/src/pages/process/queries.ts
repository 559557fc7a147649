/** What the process pages read. */
import { keepPreviousData, queryOptions, useQuery } from "@tanstack/react-query";
import type { Owner } from "../../paths.ts";
import type { DraftView } from "./draft.ts";
import { alone, type Conflict } from "./merge.ts";
import type { Process, Step } from "./model.ts";
import { askDiff, askPlan, readProcess, readVersion, readVersions } from "./source.ts";

export const processQuery = (owner: Owner) =>
  queryOptions({ queryKey: ["processes", owner], queryFn: () => readProcess(owner) });

/**
 * What the server says of these steps. Which dependencies are impossible it says `about` some of them only: there is a
 * reason for every pair, and of hundreds of steps that is megabytes.
 */
export function planProcess(owner: Owner, steps: Step[], about: string[] = []) {
  return askPlan(owner, { Steps: steps, RefusalsAbout: about });
}

/** The same of the process as it is saved, without having read it. */
export function planSaved(owner: Owner) {
  return askPlan(owner, { RefusalsAbout: [] });
}

/** What the server says of the draft as it is now. */
export const planQuery = (owner: Owner, view: DraftView) =>
  queryOptions({
    queryKey: ["process-plan", owner, view.base.Version, view.revision],
    queryFn: () => planProcess(owner, view.steps),
    staleTime: 30_000,
    gcTime: 60_000,
  });

export interface Refusal {
  step: string | undefined;
  on: string | undefined;
  why: string | undefined;
}

/** Why these steps cannot wait for others, nor others for them, in the draft as it is now. */
export const refusalsQuery = (owner: Owner, view: DraftView, ...about: string[]) =>
  queryOptions({
    queryKey: ["process-plan", owner, view.base.Version, view.revision, "refusals", about.join(" ")],
    queryFn: async (): Promise<Refusal[]> => {
      const plan = await planProcess(owner, view.steps, about);
      return (plan.Steps ?? []).flatMap((step) =>
        (step.CannotDependOn ?? []).map((known) => ({ step: step.StepSlug, on: known.StepSlug, why: known.Reason })),
      );
    },
    staleTime: 30_000,
    gcTime: 60_000,
  });

/** For one step; the last answer about it stays while the next one comes. */
export function useRefusals(owner: Owner, view: DraftView, slug: string | undefined): Refusal[] {
  const { data } = useQuery({
    ...refusalsQuery(owner, view, slug ?? ""),
    enabled: slug !== undefined,
    placeholderData: (before, query) => (query?.queryKey.at(-1) === slug ? before : undefined),
  });
  return data ?? [];
}

export function refusalOf(refusals: Refusal[], step: string, on: string): string | undefined {
  return refusals.find((known) => known.step === step && known.on === on)?.why;
}

/** The last answer stays while the next one comes. */
export function usePlan(owner: Owner, view: DraftView) {
  return useQuery({ ...planQuery(owner, view), enabled: view.steps.length > 0, placeholderData: keepPreviousData });
}

/** What the draft changes, as the server says it; the last answer stays while the next one comes. */
export function useDiff(owner: Owner, view: DraftView) {
  // The draft may be based on a version that somebody has replaced.
  const from = view.newer ? { FromVersion: view.base.Version } : {};
  return useQuery({
    queryKey: ["process-diff", owner, view.base.Version, view.revision],
    queryFn: () => askDiff(owner, { ...from, Steps: view.steps }),
    enabled: view.isChanged && view.steps.length > 0,
    placeholderData: keepPreviousData,
    staleTime: 30_000,
    gcTime: 60_000,
  });
}

export const diffOfVersions = (owner: Owner, from: number, to: number) =>
  queryOptions({
    queryKey: ["process-diff", owner, "versions", from, to],
    queryFn: () => askDiff(owner, { FromVersion: from, ToVersion: to }),
    staleTime: Number.POSITIVE_INFINITY,
  });

/** What one of two people did to what both changed, all else as both began with it. */
export const diffOfSide = (owner: Owner, base: Process, conflict: Conflict, side: "mine" | "theirs") =>
  queryOptions({
    queryKey: ["process-diff", owner, "side", base.Version, side, conflict],
    queryFn: () => askDiff(owner, { FromVersion: base.Version, Steps: alone(base.Steps ?? [], conflict, side) }),
    staleTime: Number.POSITIVE_INFINITY,
    retry: false,
  });

/** What was saved since a copy of the process was frozen, as in a release or a snapshot. */
export const diffSinceCopy = (owner: Owner, copy: string, version: number) =>
  queryOptions({
    queryKey: ["process-diff", owner, "since", copy, version],
    queryFn: () => askDiff(owner, { FromId: copy }),
  });

/** When a version was saved, and by whom. */
export const savingQuery = (owner: Owner, version: number) =>
  queryOptions({
    queryKey: ["processes", owner, "versions", "saving", version],
    queryFn: async () => {
      const newest = await readVersions(owner, 0, 1);
      // Somebody saved since: who that was is told by what is newer.
      return newest.Items?.find((known) => known.Version === version) ?? null;
    },
    enabled: version > 0,
  });

export const PAGE = 30;

export const versionsQuery = (owner: Owner, skip: number) =>
  queryOptions({
    queryKey: ["processes", owner, "versions", skip],
    queryFn: () => readVersions(owner, skip, PAGE),
  });

export const versionQuery = (owner: Owner, number: string) =>
  queryOptions({
    queryKey: ["processes", owner, "versions", "one", number],
    queryFn: () => readVersion(owner, number),
    staleTime: Number.POSITIVE_INFINITY,
  });
