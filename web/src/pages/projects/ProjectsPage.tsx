/** The projects of the space, by group. */
import { TextInput } from "@mantine/core";
import { useSuspenseQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { FolderKanban } from "lucide-react";
import { projectGroupsQuery, projectsQuery, queryClient } from "../../api/queries.ts";
import { paths } from "../../paths.ts";
import { useSearchState } from "../../routing.tsx";
import { matches } from "../../shell/matching.ts";
import { messages } from "../../text/messages.ts";
import { Page as Frame, PageHeader } from "../../ui/Page.tsx";
import { Empty } from "../../ui/states.tsx";

const t = messages({
  title: "Projects",
  empty: "A project holds the process that deploys one piece of software, its variables and its releases.",
  filter: "Filter projects",
  nothing: "No projects match '{text}'.",
  name: "Name",
  group: "Group",
  description: "Description",
});

export const load = () =>
  Promise.all([queryClient.ensureQueryData(projectsQuery), queryClient.ensureQueryData(projectGroupsQuery)]);

export function Page() {
  const { data: projects } = useSuspenseQuery(projectsQuery);
  const { data: groups } = useSuspenseQuery(projectGroupsQuery);
  const [text, setText] = useSearchState("q", "", "replace");
  const shown = projects.filter((project) => matches(text, project.Name ?? ""));
  const groupName = new Map(groups.map((group) => [group.Id, group.Name]));
  return (
    <Frame>
      <PageHeader title={t("title")} />
      {projects.length === 0 ? (
        <Empty icon={<FolderKanban size={24} strokeWidth={1.5} aria-hidden />} text={t("empty")} />
      ) : (
        <div className="stack">
          <TextInput
            aria-label={t("filter")}
            placeholder={t("filter")}
            value={text}
            data-filter
            w={280}
            onChange={(event) => setText(event.currentTarget.value)}
          />
          {shown.length === 0 && <Empty text={t("nothing", { text })} />}
          {shown.length > 0 && (
            <table className="table">
              <thead>
                <tr>
                  <th>{t("name")}</th>
                  <th>{t("group")}</th>
                  <th>{t("description")}</th>
                </tr>
              </thead>
              <tbody>
                {shown.map((project) => (
                  <tr key={project.Id}>
                    <td>
                      <Link to={paths.project(project.Slug ?? project.Id ?? "")}>{project.Name}</Link>
                    </td>
                    <td>{groupName.get(project.ProjectGroupId)}</td>
                    <td className="muted">{project.Description}</td>
                  </tr>
                ))}
              </tbody>
            </table>
          )}
        </div>
      )}
    </Frame>
  );
}
