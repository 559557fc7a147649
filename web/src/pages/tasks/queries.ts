/** What the pages about tasks and interruptions read. */
import { queryOptions } from "@tanstack/react-query";
import { answer, answerAs, api, inSpace } from "../../api/client.ts";

export interface Task {
  Id: string;
  Name: string;
  Description: string;
  State: string;
  HasPendingInterruptions: boolean;
  HasWarningsOrErrors: boolean;
  QueueTime: string;
  StartTime: string | null;
  CompletedTime: string | null;
  ErrorMessage: string;
  ProjectId?: string | null;
  EnvironmentId?: string | null;
  Arguments: { DeploymentId?: string };
}

export interface Paged<T> {
  Items: T[];
  TotalResults: number;
}

export interface TaskFilters {
  project?: string;
  environment?: string;
  states?: string;
  name?: string;
  active?: string;
  skip?: string;
  take?: string;
}

export const tasksQuery = (filters: TaskFilters) =>
  queryOptions({
    queryKey: ["tasks", "list", filters],
    queryFn: () =>
      answerAs<Paged<Task>>(api.GET("/api/{spaceId}/tasks", { params: { path: inSpace(), query: filters as never } })),
  });

/** Spaces are no documents of a space: its stream does not tell of them. */
const LOOK_EVERY_MS = 5_000;

/** The space itself: its name, and whether its task queue is stopped. Whoever is told that it is also sees it start again. */
export const spaceQuery = queryOptions({
  queryKey: ["spaces", "own"],
  queryFn: () => answer(api.GET("/api/spaces/{id}", { params: { path: { id: inSpace().spaceId } } })),
  refetchInterval: ({ state }) => (state.data?.TaskQueueStopped ? LOOK_EVERY_MS : false),
});

export interface QueueReason {
  Position?: number;
  Message?: string;
  HolderTaskIds?: string[];
  Reason?: string;
}

/** Why a task that is queued has not begun, and its place. */
export const queueQuery = (taskId: string) =>
  queryOptions({
    queryKey: ["tasks", "queue", taskId],
    queryFn: async () => {
      const call = api.GET("/api/{spaceId}/tasks/{id}/explain", { params: { path: inSpace({ id: taskId }) } });
      return (await answerAs<{ Task: { Queue?: QueueReason } }>(call)).Task.Queue ?? {};
    },
  });

export interface Interruption {
  Id: string;
  Title: string;
  Type: string;
  Created: string;
  TaskId: string;
  RelatedDocumentIds: string[];
  ResponsibleTeamIds: string[];
  ResponsibleUserId: string | null;
  CanTakeResponsibility: boolean;
  HasResponsibility: boolean;
}

export const interruptionsQuery = queryOptions({
  queryKey: ["interruptions", "pending"],
  queryFn: () =>
    answerAs<Paged<Interruption>>(
      api.GET("/api/{spaceId}/interruptions", {
        params: { path: inSpace(), query: { pendingOnly: "true", take: "100" } },
      }),
    ),
});

/** Teams by id; empty for somebody who may not read them. */
export const teamNamesQuery = queryOptions({
  queryKey: ["teams", "names"],
  queryFn: async () => {
    const call = api.GET("/api/{spaceId}/teams/all", { params: { path: inSpace() } });
    const teams = await answerAs<{ Id: string; Name: string }[]>(call).catch(() => []);
    return new Map(teams.map((team) => [team.Id, team.Name]));
  },
  staleTime: 60_000,
  structuralSharing: false,
});
