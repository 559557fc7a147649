/** Undo, redo, review and save: the same on every page of the editor, for the one draft. */
import { useNavigate } from "@tanstack/react-router";
import { Redo2, Undo2 } from "lucide-react";
import { lazy, Suspense, useState } from "react";
import { asApiError } from "../../api/errors.ts";
import { hasOwnUndo, useKeys } from "../../shell/keys.ts";
import { format } from "../../text/messages.ts";
import { story } from "../../text/story.ts";
import { Action } from "../../ui/Action.tsx";
import classes from "./EditorBar.module.css";
import type { Editor } from "./editor.ts";
import { useDiff } from "./queries.ts";
import { type Chosen, goOnEditing, type Others, type Outcome, save, together } from "./saving.ts";
import { t } from "./text.ts";

const Review = lazy(() => import("./ReviewDialog.tsx"));
const Conflicts = lazy(() => import("./ConflictDialog.tsx"));

/** What the status text says; it stays until the next change. */
type Notice = { text: string; revision: number };

/** `Ana saved version 18.` */
export function saidOf({ who, theirs }: Others): string {
  const version = theirs.Version ?? 0;
  return who ? t("theySaved", { who, version }) : t("wasSaved", { version });
}

function useSaving(editor: Editor) {
  const [isBusy, setBusy] = useState(false);
  const [notice, setNotice] = useState<Notice>();
  const [failure, setFailure] = useState<string[]>();
  const [conflict, setConflict] = useState<Extract<Outcome, { kind: "conflict" }>>();
  const say = (text: string) => setNotice({ text, revision: editor.draft.current().revision });
  const run = async (act: () => Promise<Outcome>) => {
    if (isBusy) return;
    setBusy(true);
    setFailure(undefined);
    try {
      const outcome = await act();
      setConflict(outcome.kind === "conflict" ? outcome : undefined);
      if (outcome.kind === "saved") say(format(story.saved, { version: String(outcome.version) }));
      if (outcome.kind === "saved" && outcome.with) setFailure([t("merged", { others: saidOf(outcome.with) })]);
      if (outcome.kind === "editing") say(t("editingOn", { others: saidOf(outcome) }));
      if (outcome.kind === "broken") {
        editor.draft.rebase(outcome.theirs, outcome.steps, "");
        setFailure([t("mergedBroken", { others: saidOf(outcome), why: outcome.reasons.join(" ") })]);
      }
    } catch (error) {
      const known = asApiError(error);
      setFailure(known.errors.length > 0 ? known.errors : [[known.message, known.help].filter(Boolean).join(" ")]);
    } finally {
      setBusy(false);
    }
  };
  return {
    isBusy,
    failure,
    conflict,
    say,
    notice: notice?.revision === editor.view.revision ? notice.text : undefined,
    save: () => run(() => save(editor.owner, editor.draft)),
    choose: (chosen: Chosen) => run(() => together(editor.owner, editor.draft, chosen)),
    goOn: (chosen: Chosen) => run(() => goOnEditing(editor.owner, editor.draft, chosen)),
    close: () => setConflict(undefined),
  };
}

export type Saving = ReturnType<typeof useSaving>;
export { useSaving };

function whyNotSaved(editor: Editor): string | undefined {
  if (editor.denied) return editor.denied;
  if (!editor.view.isChanged) return t("nothingChanged");
  const stopping = editor.plan?.Problems?.find((problem) => problem.PreventsSaving);
  return !editor.isPlanOld && stopping ? t("cannotSave", { why: stopping.Message ?? "" }) : undefined;
}

export function EditorBar({ editor, saving }: { editor: Editor; saving: Saving }) {
  const [isReviewing, setReviewing] = useState(false);
  const navigate = useNavigate();
  const { draft, view } = editor;
  const { data: diff } = useDiff(editor.owner, view);
  // Until the server has counted, there is at least one.
  const count = view.isChanged ? Math.max(1, diff?.Changes?.length ?? 1) : 0;
  const undo = () => {
    const did = draft.undo();
    if (did) saving.say(t("undid", { what: did }));
  };
  const redo = () => {
    const did = draft.redo();
    if (did) saving.say(t("redid", { what: did }));
  };
  const reason = whyNotSaved(editor);
  const keys = {
    "mod+s": () => {
      if (reason === undefined) saving.save();
    },
    "mod+z": (event: KeyboardEvent) => !hasOwnUndo(event) && undo(),
    "mod+shift+z": (event: KeyboardEvent) => !hasOwnUndo(event) && redo(),
  };
  useKeys(keys);
  return (
    <div className={classes.bar}>
      <span role="status" className={classes.status}>
        {saving.notice ?? (count > 0 ? t("unsaved", { n: count }) : "")}
      </span>
      <Action
        look="quiet"
        label={t("undo")}
        icon={<Undo2 size={16} aria-hidden />}
        denied={editor.denied ?? (view.canUndo ? undefined : t("nothingToUndo"))}
        onClick={undo}
      />
      <Action
        look="quiet"
        label={t("redo")}
        icon={<Redo2 size={16} aria-hidden />}
        denied={editor.denied ?? (view.canRedo ? undefined : t("nothingToRedo"))}
        onClick={redo}
      />
      <Action denied={count > 0 ? undefined : t("noChange")} onClick={() => setReviewing(true)}>
        {t("review", { n: count })}
      </Action>
      <Action
        look="primary"
        denied={reason}
        busy={saving.isBusy}
        onClick={saving.save}
        aria-keyshortcuts="Control+S Meta+S"
      >
        {story.save}
      </Action>
      <Suspense>
        {isReviewing && (
          <Review
            editor={editor}
            denied={reason}
            onClose={() => setReviewing(false)}
            onSave={saving.save}
            onOpen={(to) => navigate({ to })}
          />
        )}
        {saving.conflict && <Conflicts owner={editor.owner} outcome={saving.conflict} saving={saving} />}
      </Suspense>
    </div>
  );
}
