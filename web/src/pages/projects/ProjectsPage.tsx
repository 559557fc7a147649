/** The projects of the space, by group. */
import { useSuspenseQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { FolderKanban, Plus } from "lucide-react";
import { useDenied } from "../../api/can.ts";
import { projectGroupsQuery, projectsQuery, queryClient } from "../../api/queries.ts";
import { paths } from "../../paths.ts";
import { useTypedState } from "../../routing.tsx";
import { matches } from "../../shell/matching.ts";
import { LinkAction } from "../../ui/Action.tsx";
import { Filter, NoneFits } from "../../ui/Form.tsx";
import { Page as Frame, PageHeader } from "../../ui/Page.tsx";
import { Empty } from "../../ui/states.tsx";
import { SampleAction } from "./SampleAction.tsx";
import { t } from "./text.ts";

export const load = () =>
  Promise.all([queryClient.ensureQueryData(projectsQuery), queryClient.ensureQueryData(projectGroupsQuery)]);

export function Page() {
  const { data: projects } = useSuspenseQuery(projectsQuery);
  const [text, setText] = useTypedState("q");
  const shown = projects.filter((project) => matches(text, project.Name ?? ""));
  const denied = useDenied("ProjectCreate");
  const create = (
    <LinkAction
      look="primary"
      to={paths.newProject()}
      denied={denied}
      mark="create"
      icon={<Plus size={16} aria-hidden />}
    >
      {t("newProject")}
    </LinkAction>
  );
  return (
    <Frame>
      <PageHeader title={t("title")} actions={create} />
      {projects.length === 0 ? (
        <Empty
          icon={<FolderKanban size={24} strokeWidth={1.5} aria-hidden />}
          text={t("empty")}
          action={<SampleAction />}
        />
      ) : (
        <div className="stack">
          <Filter label={t("filter")} value={text} onChange={setText} />
          {shown.length === 0 ? (
            <NoneFits text={t("nothing", { text })} clear={t("clear")} onClear={() => setText("")} />
          ) : (
            <ProjectTable projects={shown} />
          )}
        </div>
      )}
    </Frame>
  );
}

type Projects = Awaited<ReturnType<NonNullable<typeof projectsQuery.queryFn>>>;

function ProjectTable({ projects }: { projects: Projects }) {
  const { data: groups } = useSuspenseQuery(projectGroupsQuery);
  const groupName = new Map(groups.map((group) => [group.Id, group.Name]));
  return (
    <table className="table stacked">
      <thead>
        <tr>
          <th>{t("name")}</th>
          <th>{t("group")}</th>
          <th>{t("description")}</th>
        </tr>
      </thead>
      <tbody>
        {projects.map((project) => (
          <tr key={project.Id}>
            <th scope="row">
              <span className="row">
                <Link to={paths.project(project.Slug ?? project.Id ?? "")}>{project.Name}</Link>
                {project.IsDisabled && <span className="chip">{t("disabled")}</span>}
              </span>
            </th>
            <td data-label={t("group")}>{groupName.get(project.ProjectGroupId)}</td>
            <td className="muted">{project.Description}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
