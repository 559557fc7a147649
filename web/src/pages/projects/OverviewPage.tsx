/** A project at a glance. */
import { useSuspenseQuery } from "@tanstack/react-query";
import { projectQuery } from "../../api/queries.ts";
import { paths } from "../../paths.ts";
import { useParam } from "../../routing.tsx";
import { story } from "../../text/story.ts";
import { LinkAction } from "../../ui/Action.tsx";
import { Page as Frame, PageHeader } from "../../ui/Page.tsx";

export function Page() {
  const slug = useParam("project");
  const { data: project } = useSuspenseQuery(projectQuery(slug));
  return (
    <Frame>
      <PageHeader
        title={project.Name ?? slug}
        actions={
          <LinkAction look="primary" to={paths.newRelease(slug)}>
            {story.createRelease}
          </LinkAction>
        }
      />
      {project.Description && <p className="muted">{project.Description}</p>}
    </Frame>
  );
}
