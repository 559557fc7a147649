/** Where one lands: the way into the projects. */
import { useSuspenseQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { projectsQuery, queryClient } from "../../api/queries.ts";
import { paths } from "../../paths.ts";
import { messages } from "../../text/messages.ts";
import { Page as Frame, PageHeader } from "../../ui/Page.tsx";
import { Empty } from "../../ui/states.tsx";

const t = messages({
  title: "Dashboard",
  empty: "Nothing is deployed yet. Create a project to begin.",
});

export const load = () => queryClient.ensureQueryData(projectsQuery);

export function Page() {
  const { data: projects } = useSuspenseQuery(projectsQuery);
  return (
    <Frame wide>
      <PageHeader title={t("title")} />
      {projects.length === 0 ? (
        <Empty text={t("empty")} />
      ) : (
        <ul className="stack" style={{ listStyle: "none" }}>
          {projects.map((project) => (
            <li key={project.Id}>
              <Link to={paths.project(project.Slug ?? project.Id ?? "")}>{project.Name}</Link>
            </li>
          ))}
        </ul>
      )}
    </Frame>
  );
}
