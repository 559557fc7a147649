/** A task by its number: leads to the page of what it does. */

import { queryOptions, useSuspenseQuery } from "@tanstack/react-query";
import { Navigate } from "@tanstack/react-router";
import { answerAs, api, inSpace } from "../../api/client.ts";
import { projectQuery, queryClient } from "../../api/queries.ts";
import { paths } from "../../paths.ts";
import { type Loading, useParam } from "../../routing.tsx";
import { NotFound } from "../../ui/states.tsx";

interface Task {
  ProjectId?: string | null;
  Arguments?: { DeploymentId?: string };
}

const taskQuery = (n: string) =>
  queryOptions({
    queryKey: ["task", n],
    queryFn: () => {
      const id = /^\d+$/.test(n) ? `ServerTasks-${n}` : n;
      return answerAs<Task>(api.GET("/api/{spaceId}/tasks/{id}", { params: { path: inSpace({ id }) } }));
    },
  });

export const load = async ({ params }: Loading) => {
  const task = await queryClient.ensureQueryData(taskQuery(params.n ?? ""));
  if (task.ProjectId) await queryClient.ensureQueryData(projectQuery(task.ProjectId));
};

export function Page() {
  const { data: task } = useSuspenseQuery(taskQuery(useParam("n")));
  const deployment = task.Arguments?.DeploymentId;
  return task.ProjectId && deployment ? (
    <ToDeployment project={task.ProjectId} deployment={deployment} />
  ) : (
    <NotFound />
  );
}

function ToDeployment({ project, deployment }: { project: string; deployment: string }) {
  const { data } = useSuspenseQuery(projectQuery(project));
  return <Navigate to={paths.deployment(data.Slug ?? project, deployment.replace(/^.*-/, ""))} replace />;
}
