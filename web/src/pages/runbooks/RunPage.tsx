/** One run of a runbook, live: the same views as of a deployment. */
import { useSuspenseQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { environmentsQuery, projectQuery, queryClient } from "../../api/queries.ts";
import { ownerIn, paths } from "../../paths.ts";
import { type Loading, useOwner, useParam } from "../../routing.tsx";
import { NotFound } from "../../ui/states.tsx";
import { loadRun, RunViews, readView } from "../deployment/RunViews.tsx";
import type { Where } from "../deployment/where.ts";
import { runbookQuery, runbookRunQuery } from "./queries.ts";
import { t } from "./text.ts";

export const load = async (loading: Loading) => {
  const view = readView(loading);
  const [made] = await Promise.all([
    queryClient.ensureQueryData(runbookRunQuery(loading.params.n ?? "")),
    queryClient.ensureQueryData(runbookQuery(ownerIn(loading.params))),
    queryClient.ensureQueryData(environmentsQuery),
  ]);
  await Promise.all([view, loadRun(made.TaskId ?? "", loading)]);
};

export function Page() {
  const owner = useOwner();
  const n = useParam("n");
  const { data: project } = useSuspenseQuery(projectQuery(useParam("project")));
  const { data: runbook } = useSuspenseQuery(runbookQuery(owner));
  const { data: made } = useSuspenseQuery(runbookRunQuery(n));
  const { data: environments } = useSuspenseQuery(environmentsQuery);
  const id = made.EnvironmentId ?? "";
  const environment = environments.find((known) => known.Id === id)?.Name ?? id;
  const variables = made.ManifestVariableSetId ?? "";
  const where = useMemo<Where>(() => {
    const names = { runbook: runbook.Name ?? "", environment };
    return {
      owner,
      n,
      id: `RunbookRuns-${n}`,
      title: t("runIn", names),
      short: t("short", names),
      project,
      environment: { Id: id, Name: environment },
      variables,
      again: { text: t("runAgain"), permission: "RunbookRunCreate", to: paths.run(owner, id) },
    };
  }, [owner, n, project, runbook.Name, id, environment, variables]);
  if (made.RunbookId !== runbook.Id) return <NotFound />;
  return <RunViews task={made.TaskId ?? ""} where={where} />;
}
