/** What the dashboard reads, and which of it is shown. */
import { queryOptions } from "@tanstack/react-query";
import { answer, api, inSpace, type Schemas } from "../../api/client.ts";
import { matches } from "../../shell/matching.ts";
import { type State, stateOfTask } from "../../ui/Status.tsx";

export type Item = Schemas["DashboardItem"];
export type Project = Schemas["DashboardProject"];
export type Group = Schemas["DashboardProjectGroup"];
export type Environment = Schemas["DashboardEnvironment"];
export type Dashboard = Schemas["Dashboard"];

export const dashboardQuery = queryOptions({
  queryKey: ["dashboard"],
  queryFn: () =>
    answer(api.GET("/api/{spaceId}/dashboard", { params: { path: inSpace(), query: { extended: "true" } } })),
  // How far a deployment is moves on without anything that the live connection tells of.
  refetchInterval: ({ state }) => ((state.data?.["Regatta.Running"] ?? 0) > 0 ? 2_500 : false),
});

/** What is in which project and environment now. */
export type Cells = Map<string, Item>;

export function cellKey(projectId: string | undefined, environmentId: string | undefined): string {
  return `${projectId} ${environmentId}`;
}

export function cellsOf(dashboard: Dashboard): Cells {
  const cells: Cells = new Map();
  for (const item of dashboard.Items ?? []) {
    if (item.IsCurrent) cells.set(cellKey(item.ProjectId, item.EnvironmentId), item);
  }
  return cells;
}

export interface Wanted {
  text: string;
  groupId: string;
  environmentId: string;
  status: string;
}

/** States one can filter by, in the order of how much they matter. */
export const filterStates: State[] = ["person", "failed", "running", "queued", "warning", "succeeded", "cancelled"];

/** The groups with the projects that fit the filters; a group without any is left out. */
export function shownGroups(dashboard: Dashboard, cells: Cells, wanted: Wanted) {
  const environments = (dashboard.Environments ?? []).filter(
    (environment) => wanted.environmentId === "" || environment.Id === wanted.environmentId,
  );
  const fits = (project: Project) =>
    matches(wanted.text, project.Name ?? "") &&
    (wanted.status === "" ||
      environments.some((environment) => {
        const item = cells.get(cellKey(project.Id, environment.Id));
        return item !== undefined && stateOfTask(item) === wanted.status;
      }));
  const groups = (dashboard.ProjectGroups ?? [])
    .filter((group) => wanted.groupId === "" || group.Id === wanted.groupId)
    .map((group) => ({
      group,
      projects: (dashboard.Projects ?? []).filter((project) => project.ProjectGroupId === group.Id && fits(project)),
    }))
    .filter(({ projects }) => projects.length > 0);
  return { environments, groups };
}
