/** What the pages about runbooks read. */
import { queryOptions } from "@tanstack/react-query";
import { answer, answerAs, api, inSpace, type Schemas } from "../../api/client.ts";
import { type Owner, partsOf } from "../../paths.ts";

export type RunbookRun = Schemas["RunbookRun"] & { ManifestVariableSetId?: string; DeployedBy?: string };

/** A runbook by the slugs in its address. */
export const runbookQuery = (owner: Owner) =>
  queryOptions({
    queryKey: ["runbooks", owner],
    queryFn: () => {
      const { project, runbook = "" } = partsOf(owner);
      const params = { path: inSpace({ project, runbook }) };
      return answer(api.GET("/api/{spaceId}/projects/{project}/runbooks/{runbook}", { params }));
    },
  });

const byId = (id: string) => ({ params: { path: inSpace({ id }) } });

export const runbookByIdQuery = (id: string) =>
  queryOptions({
    queryKey: ["runbooks", "by-id", id],
    queryFn: () => answer(api.GET("/api/{spaceId}/runbooks/{id}", byId(id))),
  });

/** A run by the number in its address. */
export const runbookRunQuery = (n: string) =>
  queryOptions({
    queryKey: ["runbookruns", n],
    queryFn: () => answerAs<RunbookRun>(api.GET("/api/{spaceId}/runbookruns/{id}", byId(`RunbookRuns-${n}`))),
    staleTime: 60_000,
  });
