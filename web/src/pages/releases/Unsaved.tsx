/** A release holds the process as it is saved: who has changes that are not is told, and may save them first. */
import { useNavigate } from "@tanstack/react-router";
import { queryClient } from "../../api/queries.ts";
import { paths } from "../../paths.ts";
import { Action, LinkAction } from "../../ui/Action.tsx";
import { Refusal } from "../../ui/Form.tsx";
import { Banner } from "../../ui/states.tsx";
import { useWork } from "../../ui/work.ts";
import { type Draft, useDraftView } from "../process/draft.ts";
import { useDiff } from "../process/queries.ts";
import { save } from "../process/saving.ts";
import { t } from "./text.ts";

interface UnsavedProps {
  project: string;
  draft: Draft;
  denied: string | undefined;
}

export function Unsaved({ project, draft, denied }: UnsavedProps) {
  const view = useDraftView(draft);
  const { data: diff } = useDiff(project, view);
  const navigate = useNavigate();
  const work = useWork();
  if (!view.isChanged) return null;
  const saveFirst = async () => {
    const outcome = await save(project, draft);
    // What somebody else saved meanwhile is brought together where it can be looked at.
    if (outcome.kind !== "saved") return navigate({ to: paths.process(project) });
    await queryClient.invalidateQueries({ queryKey: ["deploymentprocesses"] });
  };
  return (
    <>
      {work.failure !== undefined && <Refusal error={work.failure} />}
      <Banner
        tone="warning"
        actions={
          <>
            <Action busy={work.isBusy} denied={denied} onClick={() => work.run(saveFirst)}>
              {t("saveFirst")}
            </Action>
            <LinkAction to={paths.process(project)}>{t("openProcess")}</LinkAction>
          </>
        }
      >
        {t("unsaved", { n: Math.max(1, diff?.Changes?.length ?? 1) })}
      </Banner>
    </>
  );
}
