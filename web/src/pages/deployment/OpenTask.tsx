/** A task by its number: leads to the page of what it does. */

import { queryOptions, useSuspenseQuery } from "@tanstack/react-query";
import { Navigate } from "@tanstack/react-router";
import { answerAs, api, inSpace } from "../../api/client.ts";
import { projectQuery, queryClient } from "../../api/queries.ts";
import { paths, runbookOf } from "../../paths.ts";
import { type Loading, useParam } from "../../routing.tsx";
import { NotFound } from "../../ui/states.tsx";
import { numberOf } from "../releases/queries.ts";
import { runbookByIdQuery, runbookRunQuery } from "../runbooks/queries.ts";

interface Task {
  ProjectId?: string | null;
  Arguments?: { DeploymentId?: string; RunbookRunId?: string };
}

/** The address of the page; null when there is none. */
async function homeOf({ ProjectId: id, Arguments: { DeploymentId, RunbookRunId } = {} }: Task): Promise<string | null> {
  if (!id || !(DeploymentId ?? RunbookRunId)) return null;
  const { Slug: project = id } = await queryClient.ensureQueryData(projectQuery(id));
  if (DeploymentId) return paths.deployment(project, numberOf(DeploymentId));
  const n = numberOf(RunbookRunId ?? "");
  const { RunbookId = "" } = await queryClient.ensureQueryData(runbookRunQuery(n));
  const { Slug: runbook = RunbookId } = await queryClient.ensureQueryData(runbookByIdQuery(RunbookId));
  return paths.deployment(runbookOf(project, runbook), n);
}

const homeQuery = (n: string) =>
  queryOptions({
    queryKey: ["task", n],
    queryFn: async () => {
      const id = /^\d+$/.test(n) ? `ServerTasks-${n}` : n;
      return homeOf(await answerAs(api.GET("/api/{spaceId}/tasks/{id}", { params: { path: inSpace({ id }) } })));
    },
  });

export const load = ({ params }: Loading) => queryClient.ensureQueryData(homeQuery(params.n ?? ""));

export function Page() {
  const { data: home } = useSuspenseQuery(homeQuery(useParam("n")));
  return home === null ? <NotFound /> : <Navigate to={home} replace />;
}
