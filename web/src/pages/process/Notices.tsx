/** What one must know before editing on: no permission, a draft that came back, a newer version, a save that failed. */
import { Action } from "../../ui/Action.tsx";
import { Banner } from "../../ui/states.tsx";
import { sayUndoable } from "../../ui/undoable.ts";
import type { Saving } from "./EditorBar.tsx";
import type { Editor } from "./editor.ts";
import { t } from "./text.ts";

export function Notices({ editor, saving }: { editor: Editor; saving: Saving }) {
  const { view, draft } = editor;
  const throwAway = () => {
    draft.discard(t("didDiscard"));
    sayUndoable(t("discarded"), draft);
  };
  const discard = <Action onClick={throwAway}>{t("discard")}</Action>;
  return (
    <>
      {editor.denied && <Banner>{t("readOnly", { reason: editor.denied })}</Banner>}
      {view.isRecalled && view.isChanged && <Banner actions={discard}>{t("recalled")}</Banner>}
      {!view.isKept && view.isChanged && <Banner tone="warning">{t("notKept")}</Banner>}
      {view.newer && (
        <Banner tone="warning" actions={discard}>
          {t("newer", { version: view.newer.Version ?? 0 })}
        </Banner>
      )}
      {saving.failure?.map((problem) => (
        <Banner key={problem} tone={saving.notice ? "info" : "error"}>
          {problem}
        </Banner>
      ))}
    </>
  );
}
