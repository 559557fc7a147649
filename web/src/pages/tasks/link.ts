/** Where a task is looked at: its deployment's page. */
import { useSuspenseQuery } from "@tanstack/react-query";
import { projectsQuery } from "../../api/queries.ts";
import { paths } from "../../paths.ts";
import { numberOf } from "../releases/queries.ts";
import type { Task } from "./queries.ts";

export function useTaskLink(task: Pick<Task, "Id" | "ProjectId" | "Arguments">): string {
  const { data: projects } = useSuspenseQuery(projectsQuery);
  const project = projects.find((known) => known.Id === task.ProjectId);
  const deployment = task.Arguments.DeploymentId;
  if (!project || !deployment) return paths.task(numberOf(task.Id));
  return paths.deployment(project.Slug ?? project.Id ?? "", numberOf(deployment));
}
