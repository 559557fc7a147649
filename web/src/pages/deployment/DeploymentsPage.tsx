/** The deployments of a project, newest first. */
import { keepPreviousData, queryOptions, useQuery, useSuspenseQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { answerAs, api, inSpace } from "../../api/client.ts";
import { environmentsQuery, projectQuery, queryClient } from "../../api/queries.ts";
import { paths } from "../../paths.ts";
import { type Loading, useParam, useSearchState } from "../../routing.tsx";
import { Action, LinkAction } from "../../ui/Action.tsx";
import { Page as Frame, PageHeader } from "../../ui/Page.tsx";
import { Status, stateOfTask } from "../../ui/Status.tsx";
import { Empty, ErrorPanel } from "../../ui/states.tsx";
import { Age } from "../../ui/Time.tsx";
import type { Task } from "./run.ts";
import { t } from "./text.ts";

interface Deployment {
  Id: string;
  ReleaseId: string;
  EnvironmentId: string;
  TaskId: string;
  Created: string;
  DeployedBy: string;
}

const TAKE = 30;

const deploymentsQuery = (project: string, take: number) =>
  queryOptions({
    queryKey: ["deployments", "of", project, take],
    queryFn: () => {
      const query = { projects: project, take: String(take) };
      const call = api.GET("/api/{spaceId}/deployments", { params: { path: inSpace(), query } });
      return answerAs<{ Items: Deployment[]; TotalResults: number }>(call);
    },
  });

/** The releases and tasks of the deployments that are shown, each by one request. */
const releasesQuery = (ids: string[]) =>
  queryOptions({
    queryKey: ["releases", "ids", ids],
    queryFn: () => {
      const query = { ids: ids.join(","), take: String(ids.length) };
      const call = api.GET("/api/{spaceId}/releases", { params: { path: inSpace(), query } });
      return answerAs<{ Items: { Id: string; Version: string }[] }>(call);
    },
  });

const tasksQuery = (ids: string[]) =>
  queryOptions({
    queryKey: ["tasks", "ids", ids],
    queryFn: () => {
      const query = { ids: ids.join(","), take: String(ids.length) };
      const call = api.GET("/api/{spaceId}/tasks", { params: { path: inSpace(), query } });
      return answerAs<{ Items: Task[] }>(call);
    },
  });

function useRows(items: Deployment[]) {
  const of = (ids: string[]) => ({ enabled: ids.length > 0, placeholderData: keepPreviousData });
  const releaseIds = [...new Set(items.map((item) => item.ReleaseId))];
  const taskIds = items.map((item) => item.TaskId);
  const releases = useQuery({ ...releasesQuery(releaseIds), ...of(releaseIds) });
  const tasks = useQuery({ ...tasksQuery(taskIds), ...of(taskIds) });
  const rows = items.map((item) => ({
    item,
    version: releases.data?.Items.find((known) => known.Id === item.ReleaseId)?.Version,
    task: tasks.data?.Items.find((known) => known.Id === item.TaskId),
  }));
  const retry = () => Promise.all([releases.refetch(), tasks.refetch()]);
  return { rows, error: releases.error ?? tasks.error, retry };
}

export const load = async ({ params, search }: Loading) => {
  const [project] = await Promise.all([
    queryClient.ensureQueryData(projectQuery(params.project ?? "")),
    queryClient.ensureQueryData(environmentsQuery),
  ]);
  await queryClient.ensureQueryData(deploymentsQuery(project.Id ?? "", Number(search.take) || TAKE));
};

export function Page() {
  const slug = useParam("project");
  const { data: project } = useSuspenseQuery(projectQuery(slug));
  const { data: environments } = useSuspenseQuery(environmentsQuery);
  const [take, setTake] = useSearchState("take", String(TAKE), "replace");
  const { data } = useQuery({
    ...deploymentsQuery(project.Id ?? "", Number(take) || TAKE),
    placeholderData: keepPreviousData,
  });
  const items = data?.Items ?? [];
  const { rows, error, retry } = useRows(items);
  return (
    <Frame>
      <PageHeader title={t("deployments")} windowTitle={`${t("deployments")} · ${project.Name}`} />
      {error && <ErrorPanel what={t("releasesAndStates")} error={error} retry={retry} />}
      {items.length === 0 ? (
        <Empty
          text={t("deploymentsEmpty")}
          action={<LinkAction to={paths.releases(slug)}>{t("openReleases")}</LinkAction>}
        />
      ) : (
        <table className="table stacked">
          <thead>
            <tr>
              <th scope="col">{t("deployments")}</th>
              <th scope="col">{t("environment")}</th>
              <th scope="col">{t("state")}</th>
              <th scope="col">{t("when")}</th>
              <th scope="col">{t("by")}</th>
            </tr>
          </thead>
          <tbody>
            {rows.map((row) => (
              <Row
                key={row.item.Id}
                {...row}
                slug={slug}
                environment={
                  environments.find((known) => known.Id === row.item.EnvironmentId)?.Name ?? row.item.EnvironmentId
                }
              />
            ))}
          </tbody>
        </table>
      )}
      {data && data.TotalResults > items.length && (
        <div className="row">
          <Action onClick={() => setTake(String(items.length + TAKE))}>{t("more")}</Action>
        </div>
      )}
    </Frame>
  );
}

interface RowProps {
  item: Deployment;
  version: string | undefined;
  task: Task | undefined;
  slug: string;
  environment: string;
}

function Row({ item, version, task, slug, environment }: RowProps) {
  return (
    <tr>
      <td>
        <Link to={paths.deployment(slug, item.Id.replace(/^.*-/, ""))}>
          {version ? t("release", { version }) : t("openDeployment", { n: item.Id })}
        </Link>
      </td>
      <td data-label={t("environment")}>{environment}</td>
      <td data-label={t("state")}>{task && <Status state={stateOfTask(task)} />}</td>
      <td data-label={t("when")}>
        <Age at={item.Created} />
      </td>
      <td data-label={t("by")}>{item.DeployedBy}</td>
    </tr>
  );
}
