/** Environments in their order, with how many targets each has. */
import { queryOptions } from "@tanstack/react-query";
import { basedOn } from "../../api/based-on.ts";
import { answer, answerAs, api, inSpace, type Schemas } from "../../api/client.ts";
import { queryClient } from "../../api/queries.ts";

export type Environment = Schemas["Environment"];

export interface Summary {
  EnvironmentSummaries: { Environment: Environment; TotalMachines: number }[];
}

export const summaryQuery = queryOptions({
  queryKey: ["environments", "summary"],
  queryFn: () => answerAs<Summary>(api.GET("/api/{spaceId}/environments/summary", { params: { path: inSpace() } })),
});

async function changed() {
  await Promise.all(["environments", "dashboard"].map((topic) => queryClient.invalidateQueries({ queryKey: [topic] })));
}

export async function createEnvironments(environments: Partial<Environment>[]) {
  for (const body of environments) {
    await answer(api.POST("/api/{spaceId}/environments", { params: { path: inSpace() }, body: body as never }));
  }
  await changed();
}

export async function replaceEnvironment(environment: Environment) {
  const path = inSpace({ id: environment.Id ?? "" });
  const body = environment as never;
  await answer(api.PUT("/api/{spaceId}/environments/{id}", { params: { path }, body, ...basedOn(environment) }));
  await changed();
}

export async function deleteEnvironment(id: string) {
  await answerAs(api.DELETE("/api/{spaceId}/environments/{id}", { params: { path: inSpace({ id }) } }));
  await changed();
}

export async function sortEnvironments(ids: string[]) {
  await answerAs(api.PUT("/api/{spaceId}/environments/sortorder", { params: { path: inSpace() }, body: ids }));
  await changed();
}
