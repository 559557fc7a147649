/** The address of a task by its number: leads on to where the task is looked at. */
import { useSuspenseQuery } from "@tanstack/react-query";
import { Navigate } from "@tanstack/react-router";
import { projectsQuery, queryClient } from "../../api/queries.ts";
import { paths } from "../../paths.ts";
import { type Loading, useParam } from "../../routing.tsx";
import { useTaskLink } from "./link.ts";
import { taskQuery } from "./queries.ts";

const idOf = (task: string) => (/^\d+$/.test(task) ? `ServerTasks-${task}` : task);

export const load = ({ params }: Loading) =>
  Promise.all([
    queryClient.ensureQueryData(taskQuery(idOf(params.task ?? ""))),
    queryClient.ensureQueryData(projectsQuery),
  ]);

export function Page() {
  const { data: task } = useSuspenseQuery(taskQuery(idOf(useParam("task"))));
  const to = useTaskLink(task);
  return <Navigate to={to.startsWith("/tasks/") ? paths.tasks() : to} replace />;
}
