/** What the pages about runbooks read. */
import { queryOptions } from "@tanstack/react-query";
import { basedOn } from "../../api/based-on.ts";
import { answer, answerAs, api, inSpace, type Schemas } from "../../api/client.ts";
import { queryClient } from "../../api/queries.ts";
import { type Owner, partsOf } from "../../paths.ts";
import type { Plan, Preview } from "../releases/queries.ts";
import type { Paged } from "../tasks/queries.ts";

export type Runbook = Schemas["Runbook"];
export type Snapshot = Schemas["RunbookSnapshot"];
export type RunbookRun = Schemas["RunbookRun"] & { ManifestVariableSetId?: string; DeployedBy?: string };

export const runbooksQuery = (project: string) =>
  queryOptions({
    queryKey: ["runbooks", "of", project],
    queryFn: () => {
      const params = { path: inSpace({ project }), query: { take: "1000" } };
      return answerAs<Paged<Runbook>>(api.GET("/api/{spaceId}/projects/{project}/runbooks", { params }));
    },
  });

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

/** Where it may run, as the runbook says and for all one may see. */
export const openToQuery = (id: string) =>
  queryOptions({
    queryKey: ["environments", "of-runbook", id],
    queryFn: () =>
      answerAs<{ Id: string; Name: string; Slug?: string }[]>(
        api.GET("/api/{spaceId}/runbooks/{id}/environments", byId(id)),
      ),
  });

export const SNAPSHOTS = 30;

/** Newest first. */
export const snapshotsQuery = (id: string, take: number) =>
  queryOptions({
    queryKey: ["runbooksnapshots", "of", id, take],
    queryFn: () => {
      const params = { path: inSpace({ id }), query: { take: String(take) } };
      return answerAs<Paged<Snapshot>>(api.GET("/api/{spaceId}/runbooks/{id}/runbooksnapshots", { params }));
    },
  });

export const snapshotQuery = (id: string) =>
  queryOptions({
    queryKey: ["runbooksnapshots", id],
    queryFn: () => answer(api.GET("/api/{spaceId}/runbooksnapshots/{id}", byId(id))),
  });

/** The name a new snapshot gets when nobody chooses one. */
export const nextNameQuery = (id: string) =>
  queryOptions({
    queryKey: ["runbooksnapshots", "next-name", id],
    queryFn: async () => {
      const call = api.GET("/api/{spaceId}/runbooks/{id}/runbooksnapshottemplate", byId(id));
      return (await answer(call)).NextNameIncrement ?? "";
    },
    staleTime: 0,
  });

/** A run by the number in its address. */
export const runbookRunQuery = (n: string) =>
  queryOptions({
    queryKey: ["runbookruns", n],
    queryFn: () => answerAs<RunbookRun>(api.GET("/api/{spaceId}/runbookruns/{id}", byId(`RunbookRuns-${n}`))),
    staleTime: 60_000,
  });

export const RUNS = 30;

/** Newest first. */
export const runsQuery = (runbook: string, take: number) =>
  queryOptions({
    queryKey: ["runbookruns", "of", runbook, take],
    queryFn: () => {
      const params = { path: inSpace(), query: { runbooks: runbook, take: String(take) } };
      return answerAs<Paged<RunbookRun>>(api.GET("/api/{spaceId}/runbookruns", { params }));
    },
  });

const at = (id: string, environment: string) => ({ path: inSpace({ id, environment }) });

/** What a run of the snapshot would do; `skip` lists ids of actions left out. */
export const runPlanQuery = (snapshot: string, environment: string, skip: string[]) =>
  queryOptions({
    queryKey: ["runbookruns", "plan", snapshot, environment, skip.join(",")],
    queryFn: () => {
      const query = skip.length > 0 ? { skip: skip.join(",") } : {};
      const params = { ...at(snapshot, environment), query };
      return answerAs<Plan>(api.GET("/api/{spaceId}/runbooksnapshots/{id}/plan/{environment}", { params }));
    },
    staleTime: 0,
  });

/** What a run asks for. */
export const runPreviewQuery = (snapshot: string, environment: string) =>
  queryOptions({
    queryKey: ["runbookruns", "preview", snapshot, environment],
    queryFn: () =>
      answerAs<Preview>(
        api.GET("/api/{spaceId}/runbooksnapshots/{id}/runbookruns/preview/{environment}", {
          params: at(snapshot, environment),
        }),
      ),
  });

/** What one sees of runbooks is read again; the live connection says the same, a moment later. */
const seeAgain = () =>
  Promise.all(["runbooks", "runbooksnapshots"].map((topic) => queryClient.invalidateQueries({ queryKey: [topic] })));

export async function createRunbook(runbook: { Name: string; Description: string; ProjectId: string }) {
  const call = api.POST("/api/{spaceId}/runbooks", { params: { path: inSpace() }, body: runbook as never });
  const made = await answerAs<Runbook>(call);
  await seeAgain();
  return made;
}

/** Freezes the process and the variables as they are saved, and has that run from now on. */
export async function publishNow(snapshot: { RunbookId: string; Name: string; Notes: string }) {
  const params = { path: inSpace(), query: { publish: "true" } };
  await answer(api.POST("/api/{spaceId}/runbooksnapshots", { params, body: snapshot as never }));
  await seeAgain();
}

/** Has a snapshot run from now on that was taken before. */
export const publish = (runbook: Runbook, snapshot: string) =>
  replaceRunbook({ ...runbook, PublishedRunbookSnapshotId: snapshot });

export async function replaceRunbook(runbook: Runbook): Promise<Runbook> {
  const params = { path: inSpace({ id: runbook.Id ?? "" }) };
  const call = api.PUT("/api/{spaceId}/runbooks/{id}", { params, body: runbook, ...basedOn(runbook) });
  const saved = await answer(call);
  await seeAgain();
  return saved;
}

export const deleteRunbook = (id: string) => answerAs(api.DELETE("/api/{spaceId}/runbooks/{id}", byId(id)));

/** What is asked of a run, in all of its environments alike. */
export interface Asked {
  ProjectName: string;
  RunbookName: string;
  Snapshot: string;
  EnvironmentNames: string[];
  SkipStepNames: string[];
  /** Values of prompted variables, by name. */
  Variables: Record<string, string>;
  Comments: string;
  UseGuidedFailure?: boolean;
  RunAt?: string;
}

/** Answers the ids of the runs. The same key for every try makes them once. */
export async function start(asked: Asked, key: string): Promise<string[]> {
  const call = api.POST("/api/{spaceId}/runbook-runs/create/v1", {
    params: { path: inSpace() },
    headers: { "Idempotency-Key": key },
    body: { SpaceIdOrName: inSpace().spaceId, ...asked } as never,
  });
  const { RunbookRunServerTasks } = await answerAs<{ RunbookRunServerTasks: { RunbookRunId: string }[] }>(call);
  for (const topic of ["runbookruns", "tasks"]) queryClient.invalidateQueries({ queryKey: [topic] });
  return RunbookRunServerTasks.map((run) => run.RunbookRunId);
}
