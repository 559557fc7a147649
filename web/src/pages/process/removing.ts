/** Taking steps away, with the way back. */
import { asApiError } from "../../api/errors.ts";
import { toast } from "../../ui/toast.tsx";
import { sayUndoable } from "../../ui/undoable.ts";
import * as bulk from "./bulk.ts";
import { b } from "./bulk-text.ts";
import { type Editor, plansNow } from "./editor.ts";
import * as edits from "./edits.ts";
import { type Step, slugOf } from "./model.ts";
import { t } from "./text.ts";

/** What waited for one of them waits for what that one waited for: the server says what that is. */
export async function removeSteps(editor: Editor, chosen: Step[]) {
  const { draft } = editor;
  const [n, name] = [chosen.length, chosen[0]?.Name ?? ""];
  try {
    const isListed = chosen.some((step) => edits.isListed(draft.current().steps, slugOf(step)));
    const plans = isListed ? await plansNow(editor) : new Map();
    const slugs = draft.current().steps.map(slugOf);
    const there = chosen.map(slugOf).filter((slug) => slugs.includes(slug));
    if (there.length === 0) return;
    const did = n === 1 ? t("didDelete", { name }) : b("didDelete", { n });
    editor.edit(did, (steps) => bulk.remove(steps, there, plans));
    sayUndoable(n === 1 ? t("deleted", { name }) : b("deleted", { n }), draft);
  } catch (error) {
    const why = asApiError(error).message;
    toast(n === 1 ? t("notDeleted", { name, why }) : b("notDone", { why }));
  }
}
