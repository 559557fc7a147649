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

export function planProcess(project: string, steps: Step[]) {
  const params = { path: inSpace({ project }) };
  return answer(
    api.POST("/api/{spaceId}/projects/{project}/deploymentprocesses/plan", { params, body: { Steps: steps } as never }),
  );
}

/** What the server says of the draft as it is now. */
export const planQuery = (project: string, view: DraftView) =>
  queryOptions({
    queryKey: ["process-plan", project, view.base.Version, view.revision],
    queryFn: () => planProcess(project, view.steps),
    staleTime: 30_000,
    gcTime: 60_000,
  });

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
