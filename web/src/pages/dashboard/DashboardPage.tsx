/** Where one lands: every project in every environment, and what needs somebody. */
import { useSuspenseQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useMemo } from "react";
import { queryClient } from "../../api/queries.ts";
import { paths } from "../../paths.ts";
import { useSearchState } from "../../routing.tsx";
import { Action } from "../../ui/Action.tsx";
import { Choice, option } from "../../ui/Choice.tsx";
import { Filter } from "../../ui/Form.tsx";
import { useIsNarrow } from "../../ui/narrow.ts";
import { Page as Frame, PageHeader } from "../../ui/Page.tsx";
import { stateWord } from "../../ui/Status.tsx";
import { Empty } from "../../ui/states.tsx";
import { StoppedBanner } from "../tasks/TaskQueue.tsx";
import { Cards } from "./Cards.tsx";
import { FirstSteps } from "./FirstSteps.tsx";
import { Grid } from "./Grid.tsx";
import { cellsOf, type Dashboard, dashboardQuery, filterStates, shownGroups } from "./queries.ts";
import { t } from "./text.ts";

export const load = () => queryClient.ensureQueryData(dashboardQuery);

export function Page() {
  const { data: dashboard } = useSuspenseQuery(dashboardQuery);
  const isEmpty = (dashboard.Items?.length ?? 0) === 0;
  return (
    <Frame wide>
      <PageHeader title={t("title")} meta={isEmpty ? undefined : <Summary dashboard={dashboard} />} />
      <StoppedBanner />
      <div className="stack">
        {isEmpty && <FirstSteps dashboard={dashboard} />}
        {(dashboard.Projects?.length ?? 0) > 0 && <Matrix dashboard={dashboard} />}
      </div>
    </Frame>
  );
}

function Summary({ dashboard }: { dashboard: Dashboard }) {
  const running = dashboard["Regatta.Running"] ?? 0;
  const attention = dashboard["Regatta.NeedsAttention"] ?? 0;
  return (
    <span className="row">
      {running > 0 ? <Link to={paths.tasks()}>{t("running", { n: running })}</Link> : t("calm")}
      {attention > 0 && <Link to={paths.attention()}>{t("attention", { n: attention })}</Link>}
    </span>
  );
}

function Matrix({ dashboard }: { dashboard: Dashboard }) {
  const isNarrow = useIsNarrow();
  const [text, setText] = useSearchState("q", "", "replace");
  const [groupId, setGroup] = useSearchState("group", "");
  const [environmentId, setEnvironment] = useSearchState("env", "");
  const [status, setStatus] = useSearchState("status", "");
  const [closed, setClosed] = useSearchState("closed", "");
  const cells = useMemo(() => cellsOf(dashboard), [dashboard]);
  const { environments, groups } = useMemo(
    () => shownGroups(dashboard, cells, { text, groupId, environmentId, status }),
    [dashboard, cells, text, groupId, environmentId, status],
  );
  const clear = () => {
    setText(undefined);
    setGroup(undefined);
    setEnvironment(undefined);
    setStatus(undefined);
  };
  const close = (id: string, isClosed: boolean) => {
    const others = closed.split(",").filter((other) => other && other !== id);
    setClosed((isClosed ? [...others, id] : others).join(",") || undefined);
  };
  return (
    <>
      <div className="toolbar">
        {several(dashboard.ProjectGroups) && (
          <Choice
            label={t("group")}
            all={t("allGroups")}
            value={groupId}
            onChange={setGroup}
            data={(dashboard.ProjectGroups ?? []).map(option)}
          />
        )}
        {several(dashboard.Environments) && (
          <Choice
            label={t("environment")}
            all={t("allEnvironments")}
            value={environmentId}
            onChange={setEnvironment}
            data={(dashboard.Environments ?? []).map(option)}
          />
        )}
        <Choice
          label={t("status")}
          all={t("allStates")}
          value={status}
          onChange={setStatus}
          data={filterStates.map((state) => ({ value: state, label: stateWord(state) }))}
        />
        <Filter label={t("filter")} value={text} onChange={setText} />
      </div>
      {groups.length === 0 ? (
        <Empty
          text={t("nothing")}
          more={
            <Action look="quiet" onClick={clear}>
              {t("clear")}
            </Action>
          }
        />
      ) : isNarrow ? (
        <Cards environments={environments} groups={groups} cells={cells} />
      ) : (
        <Grid environments={environments} groups={groups} cells={cells} closed={closed.split(",")} onClose={close} />
      )}
    </>
  );
}

/** One alone is no choice. */
const several = (all: unknown[] | undefined) => (all?.length ?? 0) > 1;
