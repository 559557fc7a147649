/** What the pages about targets and workers read and write, and how their health reads. */
import { queryOptions } from "@tanstack/react-query";
import { basedOn } from "../../api/based-on.ts";
import { answer, answerAs, api, inSpace, type Schemas } from "../../api/client.ts";
import { queryClient } from "../../api/queries.ts";
import type { State } from "../../ui/Status.tsx";
import { t } from "./text.ts";

export type Machine = Schemas["DeploymentTarget"];
export type Worker = Schemas["Worker"];

export const machineQuery = (id: string) =>
  queryOptions({
    queryKey: ["machines", "one", id],
    queryFn: () => answer(api.GET("/api/{spaceId}/machines/{id}", { params: { path: inSpace({ id }) } })),
  });

/** The worker that is part of the server has no document of its own. */
export const BUILT_IN = { slug: "built-in", id: "Workers-built-in" } as const;

export const workersQuery = queryOptions({
  queryKey: ["workers"],
  queryFn: () => answer(api.GET("/api/{spaceId}/workers/all", { params: { path: inSpace() } })),
});

export const workerQuery = (id: string) =>
  queryOptions({
    queryKey: ["workers", id],
    queryFn: () => answer(api.GET("/api/{spaceId}/workers/{id}", { params: { path: inSpace({ id }) } })),
  });

export async function saveMachine(machine: Partial<Machine>): Promise<Machine> {
  const body = machine as never;
  const saved = machine.Id
    ? await answer(
        api.PUT("/api/{spaceId}/machines/{id}", {
          params: { path: inSpace({ id: machine.Id }) },
          body,
          ...basedOn(machine),
        }),
      )
    : await answer(api.POST("/api/{spaceId}/machines", { params: { path: inSpace() }, body }));
  await changed();
  return saved as Machine;
}

export async function deleteMachine(id: string) {
  await answerAs(api.DELETE("/api/{spaceId}/machines/{id}", { params: { path: inSpace({ id }) } }));
  await changed();
}

async function changed() {
  await Promise.all(["machines", "environments"].map((topic) => queryClient.invalidateQueries({ queryKey: [topic] })));
}

export function healthOf(machine: Machine): { state: State; label: string } {
  if (machine.IsDisabled) return { state: "skipped", label: t("disabled") };
  switch (machine.HealthStatus) {
    case "Healthy":
      return { state: "succeeded", label: t("healthy") };
    case "HasWarnings":
      return { state: "warning", label: t("healthyWarnings") };
    case "Unhealthy":
      return { state: "failed", label: t("unhealthy") };
    case "Unavailable":
      return { state: "failed", label: t("unavailable") };
    default:
      return { state: "unknown", label: t("unknown") };
  }
}

export function kindOf(machine: Pick<Machine, "Endpoint">): string {
  const kind = machine.Endpoint?.CommunicationStyle;
  switch (kind) {
    case "None":
      return t("kindNone");
    case "TentaclePassive":
      return t("kindTentaclePassive");
    case "TentacleActive":
      return t("kindTentacleActive");
    case "Ssh":
      return t("kindSsh");
    default:
      return kind ?? "";
  }
}
