/** An address as Octopus writes it, `/app#/Spaces-1/…`, which scripts and other clients show: leads to the page here. */

import { queryOptions, useSuspenseQuery } from "@tanstack/react-query";
import { Navigate, useRouterState } from "@tanstack/react-router";
import { answerAs, api, inSpace } from "../../api/client.ts";
import { projectQuery, queryClient } from "../../api/queries.ts";
import { paths, runbookOf } from "../../paths.ts";
import { NotFound } from "../../ui/states.tsx";
import { numberOf } from "../releases/queries.ts";

interface Document {
  ProjectId?: string;
  TaskId?: string;
  Version?: string;
}

/** The address of the page; null when there is none. */
async function homeOf(address: string): Promise<string | null> {
  const [kind, id, ...below] = address.replace(/^\/?(Spaces-\d+\/)?/, "").split("/");
  if (!id) return kind === "projects" ? paths.projects() : null;
  switch (kind) {
    case "tasks":
      return paths.task(numberOf(id));
    case "deployments": {
      const { TaskId = "" } = await answerAs<Document>(
        api.GET("/api/{spaceId}/deployments/{id}", { params: { path: inSpace({ id }) } }),
      );
      return paths.task(numberOf(TaskId));
    }
    case "releases": {
      const { ProjectId = "", Version = "" } = await answerAs<Document>(
        api.GET("/api/{spaceId}/releases/{id}", { params: { path: inSpace({ id }) } }),
      );
      return paths.release(await slugOf(ProjectId), Version);
    }
    case "projects":
      return ofProject(await slugOf(id), below);
    default:
      return null;
  }
}

async function slugOf(id: string): Promise<string> {
  const { Slug = id } = await queryClient.ensureQueryData(projectQuery(id));
  return Slug;
}

/** Octopus keeps releases and the process below `deployments`. */
function ofProject(project: string, [area, what, which]: string[]): string {
  if (area === "runbooks" && what) return paths.runbook(runbookOf(project, what));
  if (area !== "deployments") return paths.project(project);
  if (what === "process") return paths.process(project);
  if (what === "releases") return which ? paths.release(project, which) : paths.releases(project);
  return paths.deployments(project);
}

const homeQuery = (address: string) =>
  queryOptions({ queryKey: ["octopus-address", address], queryFn: () => homeOf(address) });

export function Page() {
  const address = useRouterState({ select: (state) => state.location.hash });
  const { data: home } = useSuspenseQuery(homeQuery(address));
  return home === null ? <NotFound /> : <Navigate to={home} replace />;
}
