/** One worker and what runs on it. */
import { useSuspenseQuery } from "@tanstack/react-query";
import { projectsQuery, queryClient, workerPoolsQuery } from "../../api/queries.ts";
import { type Loading, useParam } from "../../routing.tsx";
import { Page as Frame, PageHeader, Section } from "../../ui/Page.tsx";
import { Status } from "../../ui/Status.tsx";
import { BUILT_IN, workerQuery } from "./queries.ts";
import { RunningHere } from "./RunningHere.tsx";
import { Chips } from "./TargetTable.tsx";
import { t } from "./text.ts";

const needed = (worker: string) => [
  queryClient.ensureQueryData(workerPoolsQuery),
  queryClient.ensureQueryData(projectsQuery),
  ...(worker === BUILT_IN.slug ? [] : [queryClient.ensureQueryData(workerQuery(worker))]),
];

export const load = ({ params }: Loading) => Promise.all(needed(params.worker ?? ""));

export function Page() {
  const worker = useParam("worker");
  return worker === BUILT_IN.slug ? <BuiltIn /> : <Other id={worker} />;
}

function BuiltIn() {
  const { data: pools } = useSuspenseQuery(workerPoolsQuery);
  const pool = pools.find((known) => known.IsDefault);
  return (
    <Frame>
      <PageHeader title={t("builtIn")} />
      <p className="muted">{t("builtInText")}</p>
      <RunningHere place={{ workerId: BUILT_IN.id }} />
      <Section title={t("pool")}>
        <Chips names={pool?.Name ? [pool.Name] : []} />
      </Section>
    </Frame>
  );
}

function Other({ id }: { id: string }) {
  const { data: worker } = useSuspenseQuery(workerQuery(id));
  const { data: pools } = useSuspenseQuery(workerPoolsQuery);
  const names = pools.filter((pool) => worker.WorkerPoolIds?.includes(pool.Id ?? "")).map((pool) => pool.Name ?? "");
  return (
    <Frame>
      <PageHeader
        title={worker.Name ?? id}
        meta={worker.IsDisabled && <Status state="skipped" label={t("disabled")} />}
      />
      <RunningHere place={{ workerId: worker.Id ?? "" }} />
      <Section title={t("pool")}>
        <Chips names={names} />
      </Section>
    </Frame>
  );
}
