/** What saving would change, as the server says it. */
import { paths } from "../../paths.ts";
import { common } from "../../text/common.ts";
import { story } from "../../text/story.ts";
import { Action } from "../../ui/Action.tsx";
import { Dialog } from "../../ui/Dialog.tsx";
import { ErrorPanel, Skeleton } from "../../ui/states.tsx";
import { Differences } from "./Differences.tsx";
import type { Editor } from "./editor.ts";
import { slugOf } from "./model.ts";
import { useDiff } from "./queries.ts";
import classes from "./Review.module.css";
import { t } from "./text.ts";

interface ReviewProps {
  editor: Editor;
  denied: string | undefined;
  onClose: () => void;
  onSave: () => void;
  onOpen: (to: string) => void;
}

export default function ReviewDialog({ editor, denied, onClose, onSave, onOpen }: ReviewProps) {
  const { view, owner } = editor;
  const { data: diff, error, refetch } = useDiff(owner, view);
  const link = (name: string, text: string) => {
    const step = view.steps.find((known) => known.Name === name);
    if (!step) return text;
    return (
      <button type="button" className={classes.link} onClick={() => onOpen(paths.step(owner, slugOf(step)))}>
        {text}
      </button>
    );
  };
  return (
    <Dialog title={t("reviewTitle")} opened onClose={onClose} size={760}>
      <div className="stack">
        {view.steps.length === 0 ? (
          <p>{t("allDeleted")}</p>
        ) : diff ? (
          <Differences diff={diff} subject={link} />
        ) : error ? (
          <ErrorPanel what={t("differences")} error={error} retry={() => refetch()} />
        ) : (
          <Skeleton />
        )}
        <p className="muted">{t(editor.isRunbook ? "keepsSnapshots" : "keepsReleases")}</p>
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
