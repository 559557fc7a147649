/** One runbook: what is published, what changed since, its runs, and the snapshots there are. */
import { useSuspenseQuery } from "@tanstack/react-query";
import { environmentsQuery, projectQuery, queryClient } from "../../api/queries.ts";
import { ownerIn, paths } from "../../paths.ts";
import { type Loading, useOwner, useParam } from "../../routing.tsx";
import { LinkAction } from "../../ui/Action.tsx";
import { Page as Frame, PageHeader } from "../../ui/Page.tsx";
import { processQuery } from "../process/queries.ts";
import { Published } from "./Published.tsx";
import { RUNS, runbookQuery, runsQuery, SNAPSHOTS, snapshotsQuery } from "./queries.ts";
import { RunAction } from "./RunAction.tsx";
import { Runs } from "./Runs.tsx";
import { Snapshots } from "./Snapshots.tsx";
import { t } from "./text.ts";

export const load = async ({ params, search }: Loading) => {
  const owner = ownerIn(params);
  const { Id = "" } = await queryClient.ensureQueryData(runbookQuery(owner));
  await Promise.all([
    queryClient.ensureQueryData(processQuery(owner)),
    queryClient.ensureQueryData(snapshotsQuery(Id, SNAPSHOTS)),
    queryClient.ensureQueryData(runsQuery(Id, Number(search.take) || RUNS)),
    queryClient.ensureQueryData(environmentsQuery),
  ]);
};

export function Page() {
  const owner = useOwner();
  const { data: project } = useSuspenseQuery(projectQuery(useParam("project")));
  const { data: runbook } = useSuspenseQuery(runbookQuery(owner));
  return (
    <Frame>
      <PageHeader
        title={runbook.Name ?? ""}
        windowTitle={`${runbook.Name} · ${project.Name}`}
        meta={runbook.Description}
        actions={
          <>
            <LinkAction to={paths.runbookSettings(owner)}>{t("settings")}</LinkAction>
            <LinkAction to={paths.process(owner)}>{t("process")}</LinkAction>
            <RunAction owner={owner} runbook={runbook} look="primary" />
          </>
        }
      />
      <Published owner={owner} runbook={runbook} />
      <Runs owner={owner} runbook={runbook} />
      <Snapshots runbook={runbook} project={project} />
    </Frame>
  );
}
