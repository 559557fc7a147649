/** A question to a person, and what each answer would do. */
import { queryOptions } from "@tanstack/react-query";
import { answer, answerAs, api, inSpace } from "../../../api/client.ts";

export interface Interruption {
  Id: string;
  Title: string;
  Created: string;
  IsPending: boolean;
  Form: { Elements: { Name: string; Control: { Type: string; Text?: string; Buttons?: { Value: string }[] } }[] };
  ResponsibleTeamIds: string[];
  ResponsibleUserId?: string | null;
  CanTakeResponsibility: boolean;
  HasResponsibility: boolean;
}

export type Choice = "Proceed" | "Abort" | "Retry" | "Ignore" | "Fail" | "Exclude";
export type Policy = "FinishBranches" | "StartNothingNew" | "CancelRunning";

export interface Effect {
  Choice: Choice;
  FailurePolicy: Policy | null;
  Text: string;
}

const of = (id: string) => ({ params: { path: inSpace({ id }) } });

export const interruptionQuery = (id: string) =>
  queryOptions({
    queryKey: ["interruptions", id],
    queryFn: () => answerAs<Interruption>(api.GET("/api/{spaceId}/interruptions/{id}", of(id))),
  });

export const effectsQuery = (id: string) =>
  queryOptions({
    queryKey: ["interruptions", id, "effects"],
    queryFn: () =>
      answerAs<{ DefaultFailurePolicy: Policy; Items: Effect[] }>(
        api.GET("/api/{spaceId}/interruptions/{id}/effects", of(id)),
      ),
  });

/** Users may be hidden from the reader; then the id has to do. */
export const userNameQuery = (id: string) =>
  queryOptions({
    queryKey: ["users", id, "name"],
    queryFn: async () => {
      const call = api.GET("/api/users/{id}", { params: { path: { id } } } as never);
      return (await answerAs<{ DisplayName?: string; Username?: string }>(call as never)) ?? {};
    },
    retry: false,
    staleTime: 60_000,
  });

export const takeIt = (id: string) => answer(api.PUT("/api/{spaceId}/interruptions/{id}/responsible", of(id)) as never);

export interface Given {
  choice: Choice;
  policy: Policy | undefined;
  notes: string;
}

export function submit(id: string, isManual: boolean, { choice, policy, notes }: Given) {
  const body = {
    Notes: notes,
    ...(isManual ? { Result: choice } : { Guidance: choice }),
    ...(policy && { FailurePolicy: policy }),
  };
  return answer(api.POST("/api/{spaceId}/interruptions/{id}/submit", { ...of(id), body } as never) as never);
}
