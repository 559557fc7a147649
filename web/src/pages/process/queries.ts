/** What the process pages read. */
import { keepPreviousData, queryOptions, useQuery } from "@tanstack/react-query";
import { answer, api, inSpace } from "../../api/client.ts";
import type { DraftView } from "./draft.ts";
import type { Step } from "./model.ts";

export const processQuery = (project: string) =>
  queryOptions({
    queryKey: ["processes", project],
    queryFn: () =>
      answer(
        api.GET("/api/{spaceId}/projects/{project}/deploymentprocesses", { params: { path: inSpace({ project }) } }),
      ),
  });

function askPlan(project: string, body: object) {
  const params = { path: inSpace({ project }) };
  return answer(
    api.POST("/api/{spaceId}/projects/{project}/deploymentprocesses/plan", { params, body: body as never }),
  );
}

/**
 * What the server says of these steps. Which dependencies are impossible it says `about` some of them only: there is a
 * reason for every pair, and of hundreds of steps that is megabytes.
 */
export function planProcess(project: string, steps: Step[], about: string[] = []) {
  return askPlan(project, { Steps: steps, RefusalsAbout: about });
}

/** The same of the process as it is saved, without having read it. */
export function planSaved(project: string) {
  return askPlan(project, { RefusalsAbout: [] });
}

/** What the server says of the draft as it is now. */
export const planQuery = (project: string, view: DraftView) =>
  queryOptions({
    queryKey: ["process-plan", project, view.base.Version, view.revision],
    queryFn: () => planProcess(project, view.steps),
    staleTime: 30_000,
    gcTime: 60_000,
  });

export interface Refusal {
  step: string | undefined;
  on: string | undefined;
  why: string | undefined;
}

/** Why a step cannot wait for others, nor others for it, in the draft as it is now. */
export const refusalsQuery = (project: string, view: DraftView, slug: string) =>
  queryOptions({
    queryKey: ["process-plan", project, view.base.Version, view.revision, "refusals", slug],
    queryFn: async (): Promise<Refusal[]> => {
      const plan = await planProcess(project, view.steps, [slug]);
      return (plan.Steps ?? []).flatMap((step) =>
        (step.CannotDependOn ?? []).map((known) => ({ step: step.StepSlug, on: known.StepSlug, why: known.Reason })),
      );
    },
    staleTime: 30_000,
    gcTime: 60_000,
  });

/** For one step; the last answer about it stays while the next one comes. */
export function useRefusals(project: string, view: DraftView, slug: string | undefined): Refusal[] {
  const { data } = useQuery({
    ...refusalsQuery(project, view, slug ?? ""),
    enabled: slug !== undefined,
    placeholderData: (before, query) => (query?.queryKey.at(-1) === slug ? before : undefined),
  });
  return data ?? [];
}

export function refusalOf(refusals: Refusal[], step: string, on: string): string | undefined {
  return refusals.find((known) => known.step === step && known.on === on)?.why;
}

/** The last answer stays while the next one comes. */
export function usePlan(project: string, view: DraftView) {
  return useQuery({ ...planQuery(project, view), enabled: view.steps.length > 0, placeholderData: keepPreviousData });
}

function differences(project: string, body: object) {
  const params = { path: inSpace({ project }) };
  return answer(
    api.POST("/api/{spaceId}/projects/{project}/deploymentprocesses/diff", { params, body: body as never }),
  );
}

/** What the draft changes, as the server says it; the last answer stays while the next one comes. */
export function useDiff(project: string, view: DraftView) {
  // The draft may be based on a version that somebody has replaced.
  const from = view.newer ? { FromVersion: view.base.Version } : {};
  return useQuery({
    queryKey: ["process-diff", project, view.base.Version, view.revision],
    queryFn: () => differences(project, { ...from, Steps: view.steps }),
    enabled: view.isChanged && view.steps.length > 0,
    placeholderData: keepPreviousData,
    staleTime: 30_000,
    gcTime: 60_000,
  });
}

export const diffOfVersions = (project: string, from: number, to: number) =>
  queryOptions({
    queryKey: ["process-diff", project, "versions", from, to],
    queryFn: () => differences(project, { FromVersion: from, ToVersion: to }),
    staleTime: Number.POSITIVE_INFINITY,
  });

export const PAGE = 30;

export const versionsQuery = (project: string, skip: number) =>
  queryOptions({
    queryKey: ["processes", project, "versions", skip],
    queryFn: () => {
      const query = { skip: String(skip), take: String(PAGE) };
      const params = { path: inSpace({ project }), query };
      return answer(api.GET("/api/{spaceId}/projects/{project}/deploymentprocesses/versions", { params }));
    },
  });

export const versionQuery = (project: string, number: string) =>
  queryOptions({
    queryKey: ["processes", project, "versions", "one", number],
    queryFn: () => {
      const params = { path: inSpace({ project, number }) };
      return answer(api.GET("/api/{spaceId}/projects/{project}/deploymentprocesses/versions/{number}", { params }));
    },
    staleTime: Number.POSITIVE_INFINITY,
  });
