/** What saving would change, in plain language, with who waits for whom before and after. */
import { useQuery } from "@tanstack/react-query";
import { Minus, Plus } from "lucide-react";
import { paths } from "../../paths.ts";
import { common } from "../../text/common.ts";
import { story } from "../../text/story.ts";
import { Action } from "../../ui/Action.tsx";
import { Dialog } from "../../ui/Dialog.tsx";
import { changes } from "./changes.ts";
import { type Editor, nameOf } from "./editor.ts";
import type { ProcessPlan } from "./model.ts";
import classes from "./process.module.css";
import { planProcess } from "./queries.ts";
import { t } from "./text.ts";

interface ReviewProps {
  editor: Editor;
  denied: string | undefined;
  onClose: () => void;
  onSave: () => void;
  onOpen: (to: string) => void;
}

function waits(plan: ProcessPlan | undefined): Set<string> {
  const pairs = (plan?.Steps ?? []).flatMap((step) =>
    (step.WaitsFor ?? []).filter((wait) => !wait.IsRedundant).map((wait) => `${step.StepSlug} ${wait.StepSlug}`),
  );
  return new Set(pairs);
}

export default function ReviewDialog({ editor, denied, onClose, onSave, onOpen }: ReviewProps) {
  const { view, project } = editor;
  const differences = changes(view.base.Steps ?? [], view.steps);
  const { data: saved } = useQuery({
    queryKey: ["process-plan", project, "saved", view.base.Version],
    queryFn: () => planProcess(project, view.base.Steps ?? []),
  });
  const [before, after] = [waits(saved), waits(editor.plan)];
  const all = [...view.steps, ...(view.base.Steps ?? [])];
  const edge = (pair: string) => {
    const [step = "", on = ""] = pair.split(" ");
    return `${nameOf(all, step)} waits for ${nameOf(all, on)}`;
  };
  const added = [...after].filter((pair) => !before.has(pair));
  const removed = [...before].filter((pair) => !after.has(pair));
  return (
    <Dialog title={t("reviewTitle")} opened onClose={onClose} size={760}>
      <div className="stack">
        <ul className={classes.differences}>
          {differences.map((difference) => (
            <li key={difference.text + difference.after}>
              {difference.slug && view.steps.some((step) => step.Slug === difference.slug) ? (
                <button
                  type="button"
                  className={classes.link}
                  onClick={() => onOpen(paths.step(project, difference.slug))}
                >
                  {difference.text}
                </button>
              ) : (
                difference.text
              )}
              {(difference.before || difference.after) && (
                <div className={classes.texts}>
                  {difference.before && <pre className={classes.removed}>{difference.before}</pre>}
                  {difference.after && <pre className={classes.added}>{difference.after}</pre>}
                </div>
              )}
            </li>
          ))}
        </ul>
        {saved && added.length + removed.length > 0 && (
          <ul className={classes.edges} aria-label={story.dependencies}>
            {added.map((pair) => (
              <li key={pair} className={classes.added}>
                <Plus size={14} aria-label="added" /> {edge(pair)}
              </li>
            ))}
            {removed.map((pair) => (
              <li key={pair} className={classes.removed}>
                <Minus size={14} aria-label="removed" /> {edge(pair)}
              </li>
            ))}
          </ul>
        )}
        <p className="muted">{t("keepsReleases")}</p>
        <div className="row" style={{ justifyContent: "flex-end" }}>
          <Action onClick={onClose}>{common("close")}</Action>
          <Action
            look="primary"
            denied={denied}
            onClick={() => {
              onClose();
              onSave();
            }}
          >
            {story.save}
          </Action>
        </div>
      </div>
    </Dialog>
  );
}
