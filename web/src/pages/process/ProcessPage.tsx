/** The deployment process of a project. */
import { useParam } from "../../routing.tsx";
import { story } from "../../text/story.ts";
import { Page as Frame, PageHeader } from "../../ui/Page.tsx";

export function Page() {
  const slug = useParam("project");
  return (
    <Frame wide>
      <PageHeader title={story.deploymentProcess} windowTitle={`${story.process} · ${slug}`} />
    </Frame>
  );
}
