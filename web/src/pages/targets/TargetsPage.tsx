/** The deployment targets of the space, and its workers. */
import { Select } from "@mantine/core";
import { useSuspenseQuery } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";
import { Plus, Server } from "lucide-react";
import { useDenied } from "../../api/can.ts";
import { environmentsQuery, machinesQuery, queryClient, workerPoolsQuery } from "../../api/queries.ts";
import { paths } from "../../paths.ts";
import { useSearchState, useTypedState } from "../../routing.tsx";
import { matches } from "../../shell/matching.ts";
import { Action, LinkAction } from "../../ui/Action.tsx";
import { Filter } from "../../ui/Form.tsx";
import { Page as Frame, PageHeader, Section } from "../../ui/Page.tsx";
import { Status } from "../../ui/Status.tsx";
import { Empty } from "../../ui/states.tsx";
import { BUILT_IN, type Machine, workersQuery } from "./queries.ts";
import { TargetTable } from "./TargetTable.tsx";
import { t } from "./text.ts";

export const load = () =>
  Promise.all([
    queryClient.ensureQueryData(machinesQuery),
    queryClient.ensureQueryData(environmentsQuery),
    queryClient.prefetchQuery(workersQuery),
    queryClient.prefetchQuery(workerPoolsQuery),
  ]);

export function Page() {
  const { data: machines } = useSuspenseQuery(machinesQuery);
  const denied = useDenied("MachineCreate");
  const add = (
    <LinkAction
      look="primary"
      to={paths.newTarget()}
      denied={denied}
      mark="create"
      icon={<Plus size={16} aria-hidden />}
    >
      {t("add")}
    </LinkAction>
  );
  return (
    <Frame>
      <PageHeader title={t("title")} actions={add} />
      {machines.length === 0 ? (
        <Empty icon={<Server size={24} strokeWidth={1.5} aria-hidden />} text={t("empty")} />
      ) : (
        <Targets machines={machines} />
      )}
      <Workers />
    </Frame>
  );
}

function Targets({ machines }: { machines: Machine[] }) {
  const { data: environments } = useSuspenseQuery(environmentsQuery);
  const [text, setText] = useTypedState("q");
  const [environment, setEnvironment] = useSearchState("env", "");
  const [tag, setTag] = useSearchState("tag", "");
  const navigate = useNavigate();
  const tags = [...new Set(machines.flatMap((machine) => machine.Roles ?? []))].sort();
  const shown = machines.filter(
    (machine) =>
      matches(text, machine.Name ?? "") &&
      (environment === "" || machine.EnvironmentIds?.includes(environment)) &&
      (tag === "" || machine.Roles?.includes(tag)),
  );
  const select = { w: 180, allowDeselect: false, comboboxProps: { withinPortal: false } };
  return (
    <div className="stack">
      <div className="toolbar">
        <Select
          {...select}
          aria-label={t("environment")}
          data={[
            { value: "", label: t("allEnvironments") },
            ...environments.map((known) => ({ value: known.Id ?? "", label: known.Name ?? "" })),
          ]}
          value={environment}
          onChange={(next) => setEnvironment(next || undefined)}
        />
        <Select
          {...select}
          aria-label={t("tag")}
          data={[{ value: "", label: t("allTags") }, ...tags]}
          value={tag}
          onChange={(next) => setTag(next || undefined)}
        />
        <Filter label={t("filter")} value={text} onChange={setText} />
      </div>
      {shown.length === 0 ? (
        <Empty
          text={t("nothing")}
          more={
            <Action look="quiet" onClick={() => navigate({ to: paths.targets() })}>
              {t("clear")}
            </Action>
          }
        />
      ) : (
        <TargetTable machines={shown} />
      )}
    </div>
  );
}

function Workers() {
  const { data: workers } = useSuspenseQuery(workersQuery);
  const { data: pools } = useSuspenseQuery(workerPoolsQuery);
  const poolName = new Map(pools.map((pool) => [pool.Id, pool.Name]));
  return (
    <Section title={t("workers")}>
      <table className="table stacked">
        <thead>
          <tr>
            <th>{t("name")}</th>
            <th>{t("state")}</th>
            <th>{t("pool")}</th>
          </tr>
        </thead>
        <tbody>
          <tr>
            <th scope="row">
              <Link to={paths.worker(BUILT_IN.slug)}>{t("builtIn")}</Link>
            </th>
            <td className="muted">{t("builtInText")}</td>
            <td data-label={t("pool")}>{pools.find((pool) => pool.IsDefault)?.Name}</td>
          </tr>
          {workers.map((worker) => (
            <tr key={worker.Id}>
              <th scope="row">
                <Link to={paths.worker(worker.Slug ?? worker.Id ?? "")}>{worker.Name}</Link>
              </th>
              <td data-label={t("state")}>{worker.IsDisabled && <Status state="skipped" label={t("disabled")} />}</td>
              <td data-label={t("pool")}>{(worker.WorkerPoolIds ?? []).map((id) => poolName.get(id)).join(", ")}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </Section>
  );
}
