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
import { Empty } from "../../ui/states.tsx";
import { Age } from "../../ui/Time.tsx";
import { releaseByIdQuery, taskQuery } from "./queries.ts";
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
  return (
    <Frame>
      <PageHeader title={t("deployments")} windowTitle={`${t("deployments")} · ${project.Name}`} />
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
            {items.map((item) => (
              <Row
                key={item.Id}
                item={item}
                slug={slug}
                environment={environments.find((known) => known.Id === item.EnvironmentId)?.Name ?? item.EnvironmentId}
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

function Row({ item, slug, environment }: { item: Deployment; slug: string; environment: string }) {
  const { data: release } = useQuery(releaseByIdQuery(item.ReleaseId));
  const { data: task } = useQuery(taskQuery(item.TaskId));
  return (
    <tr>
      <td>
        <Link to={paths.deployment(slug, item.Id.replace(/^.*-/, ""))}>
          {release ? t("release", { version: release.Version ?? "" }) : t("openDeployment", { n: item.Id })}
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
