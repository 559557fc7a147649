/** What the pages about a deployment read. */
import { queryOptions } from "@tanstack/react-query";
import { answer, answerAs, api, inSpace } from "../../api/client.ts";
import { queryClient } from "../../api/queries.ts";
import { type Forecast, knownUpTo, type Reason, type Run, type Task, withKnown } from "./run.ts";

/** A deployment by the number in its address. */
export const deploymentQuery = (n: string) =>
  queryOptions({
    queryKey: ["deployment", n],
    queryFn: () =>
      answer(api.GET("/api/{spaceId}/deployments/{id}", { params: { path: inSpace({ id: `Deployments-${n}` }) } })),
    staleTime: 60_000,
  });

export const releaseByIdQuery = (id: string) =>
  queryOptions({
    queryKey: ["releases", id],
    queryFn: () => answer(api.GET("/api/{spaceId}/releases/{id}", { params: { path: inSpace({ id }) } })),
    staleTime: 60_000,
  });

const ofTask = (id: string) => ({ params: { path: inSpace({ id }) } });

export const taskQuery = (id: string) =>
  queryOptions({
    queryKey: ["tasks", id],
    queryFn: () => answerAs<Task>(api.GET("/api/{spaceId}/tasks/{id}", ofTask(id))),
  });

export const runKey = (task: string) => ["tasks", task, "run"];

/** The snapshot; never an older one than what events have told already. What is known is not asked for again. */
export const runQuery = (task: string) =>
  queryOptions({
    queryKey: runKey(task),
    queryFn: async () => {
      const known = () => queryClient.getQueryData<Run>(runKey(task));
      const after = knownUpTo(known());
      const params = { ...ofTask(task).params, ...(after > 0 && { query: { after: String(after) } }) };
      const fresh = await answerAs<Run>(api.GET("/api/{spaceId}/tasks/{id}/run", { params } as never) as never);
      const now = known();
      if (!now || after === 0) return now && now.AsOf > fresh.AsOf ? now : fresh;
      return now.AsOf > fresh.AsOf ? now : withKnown(fresh, now);
    },
  });

export interface Verdict {
  StepsAtOnceMax: number;
  DependenciesTotal: number;
  DependenciesRespected: number;
  Dependencies: { StepSlug: string; WaitsForSlug: string; BeganAt?: string; OverAt?: string; IsRespected: boolean }[];
  Violations: unknown[];
  LostTo: { Kind: string; MachineName?: string | null; Ms: number }[];
  OneByOneMs: number;
  ActualMs: number;
  BestPossibleMs: number;
  SavedMs: number;
  PeopleMs: number;
  LostWaitingMs: number;
  /** By kind: `WorkersMs`, `MachinesMs`, … */
  Lost: Record<string, number>;
  CriticalPath: string[];
}

export const verdictQuery = (task: string) =>
  queryOptions({
    queryKey: ["tasks", task, "verdict"],
    queryFn: () => answerAs<Verdict>(api.GET("/api/{spaceId}/tasks/{id}/verdict", ofTask(task))),
  });

export interface Segment {
  ActionSlug: string;
  MachineId?: string;
  /** `Running`, or the kind of what it waited for. */
  Kind: string;
  FromMs: number;
  ToMs: number;
  Attempt?: number;
  WorkerId?: string;
  Outcome?: string;
  IsExpected?: boolean;
}

export interface TimelineStep {
  Number: number;
  StepSlug: string;
  StepName: string;
  BeganMs?: number;
  OverMs?: number;
  SlackMs?: number;
  Segments: Segment[];
}

export interface Timeline {
  StartedAt?: string;
  AtOnce: [number, number][];
  CriticalPath: string[];
  Forecast?: Forecast;
  Steps: TimelineStep[];
  Waiting?: (Reason & { StepSlug: string })[];
}

export const timelineQuery = (task: string) =>
  queryOptions({
    queryKey: ["tasks", task, "timeline"],
    queryFn: () => answerAs<Timeline>(api.GET("/api/{spaceId}/tasks/{id}/timeline", ofTask(task))),
  });
