/** Everything that runs, waits for its turn, or has run. */
import { useQuery, useSuspenseQuery } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";
import { environmentsQuery, projectsQuery, queryClient } from "../../api/queries.ts";
import { exactDuration } from "../../format.ts";
import { paths } from "../../paths.ts";
import { type Loading, useSearchState, useSearchValues } from "../../routing.tsx";
import { Action } from "../../ui/Action.tsx";
import { Choice, option } from "../../ui/Choice.tsx";
import { Page as Frame, PageHeader, Section } from "../../ui/Page.tsx";
import { Pager } from "../../ui/Pager.tsx";
import { Status, stateOfTask } from "../../ui/Status.tsx";
import { Empty, Skeleton } from "../../ui/states.tsx";
import { Age, Elapsed } from "../../ui/Time.tsx";
import { sentence } from "../deployment/look.ts";
import { useTaskLink } from "./link.ts";
import { queueQuery, type Task, tasksQuery } from "./queries.ts";
import { StoppedBanner } from "./TaskQueue.tsx";
import { t } from "./text.ts";

const PAGE = 30;
const ENDED = "Success,Failed,Canceled,TimedOut";

const activeQuery = tasksQuery({ states: "Executing,Queued,Cancelling", take: "200" });

function pastQuery(search: Record<string, string | undefined>) {
  const { project, env, result, from } = search;
  return tasksQuery({
    states: result ?? ENDED,
    take: String(PAGE),
    ...(project && { project }),
    ...(env && { environment: env }),
    ...(from && { skip: from }),
  });
}

export const load = ({ search }: Loading) =>
  Promise.all([
    queryClient.ensureQueryData(activeQuery),
    queryClient.ensureQueryData(pastQuery(search)),
    queryClient.ensureQueryData(projectsQuery),
    queryClient.ensureQueryData(environmentsQuery),
  ]);

export function Page() {
  const { data: active } = useSuspenseQuery(activeQuery);
  const [project] = useSearchState("project", "");
  const [environment] = useSearchState("env", "");
  const fits = (task: Task) =>
    (project === "" || task.ProjectId === project) && (environment === "" || task.EnvironmentId === environment);
  const running = active.Items.filter((task) => task.State !== "Queued" && fits(task));
  const queued = active.Items.filter((task) => task.State === "Queued" && fits(task));
  return (
    <Frame>
      <PageHeader title={t("title")} />
      <StoppedBanner />
      <Filters />
      <Section title={t("running")}>
        {running.length === 0 ? <p className="muted">{t("nothingRunning")}</p> : <Running tasks={running} />}
      </Section>
      <Section title={t("queued")}>
        {queued.length === 0 ? <p className="muted">{t("nothingQueued")}</p> : <Queued tasks={queued.reverse()} />}
      </Section>
      <Past />
    </Frame>
  );
}

function Filters() {
  const { data: projects } = useSuspenseQuery(projectsQuery);
  const { data: environments } = useSuspenseQuery(environmentsQuery);
  const results = [
    { value: "Success", label: t("succeeded") },
    { value: "Failed,TimedOut", label: t("failed") },
    { value: "Canceled", label: t("cancelled") },
  ];
  return (
    <div className="toolbar">
      <Choice {...useFilter("project")} label={t("project")} all={t("allProjects")} data={projects.map(option)} />
      <Choice
        {...useFilter("env")}
        label={t("environment")}
        all={t("allEnvironments")}
        data={environments.map(option)}
      />
      <Choice {...useFilter("result")} label={t("result")} all={t("allResults")} data={results} />
    </div>
  );
}

function useFilter(name: string) {
  const [value, onChange] = useSearchState(name, "");
  return { value, onChange: (next: string | undefined) => onChange(next) };
}

function TaskLink({ task }: { task: Task }) {
  return <Link to={useTaskLink(task)}>{task.Description}</Link>;
}

function Running({ tasks }: { tasks: Task[] }) {
  return (
    <table className="table stacked">
      <thead>
        <tr>
          <th>{t("what")}</th>
          <th>{t("state")}</th>
          <th className="end">{t("since")}</th>
        </tr>
      </thead>
      <tbody>
        {tasks.map((task) => (
          <tr key={task.Id}>
            <th scope="row">
              <TaskLink task={task} />
            </th>
            <td data-label={t("state")}>
              <Status state={stateOfTask(task)} />
            </td>
            <td className="end" data-label={t("since")}>
              <Elapsed since={task.StartTime ?? task.QueueTime} />
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function Queued({ tasks }: { tasks: Task[] }) {
  return (
    <table className="table stacked">
      <thead>
        <tr>
          <th className="end">{t("place")}</th>
          <th>{t("what")}</th>
          <th>{t("why")}</th>
          <th className="end">{t("since")}</th>
        </tr>
      </thead>
      <tbody>
        {tasks.map((task) => (
          <QueuedRow key={task.Id} task={task} />
        ))}
      </tbody>
    </table>
  );
}

function QueuedRow({ task }: { task: Task }) {
  const { data: queue } = useQuery(queueQuery(task.Id));
  const names = useReadable();
  return (
    <tr>
      <td className="end" data-label={t("place")}>
        {queue?.Position ?? "–"}
      </td>
      <th scope="row">
        <TaskLink task={task} />
      </th>
      <td data-label={t("why")}>{queue ? sentence(names(queue.Message ?? "")) : <Skeleton lines={1} />}</td>
      <td className="end" data-label={t("since")}>
        <Elapsed since={task.QueueTime} />
      </td>
    </tr>
  );
}

/** Puts the names of projects, environments and tasks where the server's reasons have ids. */
function useReadable(): (text: string) => string {
  const { data: projects } = useSuspenseQuery(projectsQuery);
  const { data: environments } = useSuspenseQuery(environmentsQuery);
  const { data: active } = useSuspenseQuery(activeQuery);
  const names = new Map([
    ...[...projects, ...environments].map((one) => [one.Id ?? "", one.Name ?? ""] as const),
    ...active.Items.map((task) => [task.Id, `'${task.Description}'`] as const),
  ]);
  return (text) =>
    text
      .replace(/ of (Projects-\d+)\/(Environments-\d+)/g, (whole, project) => (names.has(project) ? "" : whole))
      .replace(/\b[A-Z][A-Za-z]+-\d+\b/g, (id) => names.get(id) ?? id);
}

function Past() {
  const search = useSearchValues();
  const { data: past } = useSuspenseQuery(pastQuery(search));
  const navigate = useNavigate();
  const isFiltered = Boolean(search.project || search.env || search.result);
  const from = Number(search.from ?? 0);
  const [, setFrom] = useSearchState("from", "");
  return (
    <Section title={t("past")}>
      {past.Items.length === 0 ? (
        <Empty
          text={isFiltered ? t("nothingFits") : t("nothingPast")}
          more={
            isFiltered && (
              <Action look="quiet" onClick={() => navigate({ to: paths.tasks() })}>
                {t("clear")}
              </Action>
            )
          }
        />
      ) : (
        <>
          <PastTable tasks={past.Items} />
          <Pager
            from={from}
            size={PAGE}
            total={past.TotalResults}
            onMove={(to) => setFrom(to ? String(to) : undefined)}
          />
        </>
      )}
    </Section>
  );
}

function PastTable({ tasks }: { tasks: Task[] }) {
  return (
    <table className="table stacked">
      <thead>
        <tr>
          <th>{t("what")}</th>
          <th>{t("state")}</th>
          <th className="end">{t("took")}</th>
          <th className="end">{t("ended")}</th>
        </tr>
      </thead>
      <tbody>
        {tasks.map((task) => (
          <tr key={task.Id}>
            <th scope="row">
              <TaskLink task={task} />
            </th>
            <td data-label={t("state")}>
              <Status state={stateOfTask(task)} quiet={task.State === "Success"} />
            </td>
            <td className="end" data-label={t("took")}>
              {task.StartTime && task.CompletedTime
                ? exactDuration(Date.parse(task.CompletedTime) - Date.parse(task.StartTime))
                : ""}
            </td>
            <td className="end" data-label={t("ended")}>
              {task.CompletedTime && <Age at={task.CompletedTime} />}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
