/** The runs of a runbook, newest first. */
import { keepPreviousData, useQuery, useSuspenseQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { environmentsQuery } from "../../api/queries.ts";
import { type Owner, paths } from "../../paths.ts";
import { useSearchState } from "../../routing.tsx";
import { Action } from "../../ui/Action.tsx";
import { Section } from "../../ui/Page.tsx";
import { Status, stateOfTask } from "../../ui/Status.tsx";
import { Age } from "../../ui/Time.tsx";
import { taskQuery } from "../deployment/queries.ts";
import { numberOf } from "../releases/queries.ts";
import { RUNS, type Runbook, type RunbookRun, runsQuery, snapshotQuery } from "./queries.ts";
import { t } from "./text.ts";

export function Runs({ owner, runbook }: { owner: Owner; runbook: Runbook }) {
  const { data: environments } = useSuspenseQuery(environmentsQuery);
  const [take, setTake] = useSearchState("take", String(RUNS), "replace");
  const { data } = useQuery({
    ...runsQuery(runbook.Id ?? "", Number(take) || RUNS),
    placeholderData: keepPreviousData,
  });
  const runs = data?.Items ?? [];
  const nameOf = (id = "") => environments.find((known) => known.Id === id)?.Name ?? id;
  return (
    <Section title={t("runs")}>
      {runs.length === 0 ? (
        <p className="muted">{t("noRuns")}</p>
      ) : (
        <table className="table stacked">
          <thead>
            <tr>
              <th scope="col">{t("runColumn")}</th>
              <th scope="col">{t("environment")}</th>
              <th scope="col">{t("state")}</th>
              <th scope="col">{t("snapshot")}</th>
              <th scope="col">{t("asked")}</th>
              <th scope="col">{t("by")}</th>
            </tr>
          </thead>
          <tbody>
            {runs.map((run) => (
              <Row key={run.Id} owner={owner} run={run} environment={nameOf(run.EnvironmentId)} />
            ))}
          </tbody>
        </table>
      )}
      {data && data.TotalResults > runs.length && (
        <div className="row">
          <Action onClick={() => setTake(String(runs.length + RUNS))}>{t("more")}</Action>
        </div>
      )}
    </Section>
  );
}

function Row({ owner, run, environment }: { owner: Owner; run: RunbookRun; environment: string }) {
  const { data: task } = useQuery(taskQuery(run.TaskId ?? ""));
  const { data: snapshot } = useQuery(snapshotQuery(run.RunbookSnapshotId ?? ""));
  const n = numberOf(run.Id ?? "");
  return (
    <tr>
      <th scope="row">
        <Link to={paths.deployment(owner, n)}>{t("runNumber", { n })}</Link>
      </th>
      <td data-label={t("environment")}>{environment}</td>
      <td data-label={t("state")}>{task && <Status state={stateOfTask(task)} />}</td>
      <td data-label={t("snapshot")}>{snapshot?.Name}</td>
      <td data-label={t("asked")}>{run.Created && <Age at={run.Created} />}</td>
      <td data-label={t("by")}>{run.DeployedBy}</td>
    </tr>
  );
}
