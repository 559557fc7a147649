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
