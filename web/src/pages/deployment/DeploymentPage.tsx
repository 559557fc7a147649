/** One deployment, live. */
import { useSuspenseQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { environmentsQuery, projectQuery, queryClient } from "../../api/queries.ts";
import { paths } from "../../paths.ts";
import { type Loading, useParam } from "../../routing.tsx";
import { NotFound } from "../../ui/states.tsx";
import { deploymentQuery, releaseByIdQuery } from "./queries.ts";
import { loadRun, RunViews, readView } from "./RunViews.tsx";
import { t } from "./text.ts";
import type { Where } from "./where.ts";

export const load = async (loading: Loading) => {
  const view = readView(loading);
  const [deployment] = await Promise.all([
    queryClient.ensureQueryData(deploymentQuery(loading.params.n ?? "")),
    queryClient.ensureQueryData(environmentsQuery),
  ]);
  await Promise.all([
    view,
    queryClient.ensureQueryData(releaseByIdQuery(deployment.ReleaseId ?? "")),
    loadRun(deployment.TaskId ?? "", loading),
  ]);
};

export function Page() {
  const slug = useParam("project");
  const n = useParam("n");
  const { data: project } = useSuspenseQuery(projectQuery(slug));
  const { data: deployment } = useSuspenseQuery(deploymentQuery(n));
  const { data: release } = useSuspenseQuery(releaseByIdQuery(deployment.ReleaseId ?? ""));
  const { data: environments } = useSuspenseQuery(environmentsQuery);
  const id = deployment.EnvironmentId ?? "";
  const name = environments.find((known) => known.Id === id)?.Name ?? id;
  const version = release.Version ?? "";
  const { ManifestVariableSetId: variables = "" } = deployment as { ManifestVariableSetId?: string };
  const where = useMemo<Where>(() => {
    const names = { version, environment: name, project: project.Name ?? slug };
    return {
      owner: slug,
      n,
      id: `Deployments-${n}`,
      title: t("deployment", names),
      short: t("short", names),
      project,
      environment: { Id: id, Name: name },
      variables,
      again: { text: t("redeploy"), permission: "DeploymentCreate", to: paths.deploy(slug, version, id) },
    };
  }, [slug, n, project, version, id, name, variables]);
  if (deployment.ProjectId !== project.Id) return <NotFound />;
  return <RunViews task={deployment.TaskId ?? ""} where={where} />;
}
