/** Says what was just done to a draft, with the way back for as long as that is what Undo would take back. */
import { common } from "../text/common.ts";
import { toast } from "./toast.tsx";

export interface Undoable {
  /** Another one after every edit. */
  state(): unknown;
  subscribe(listener: () => void): () => void;
  undo(): void;
}

export function sayUndoable(text: string, draft: Undoable) {
  const state = draft.state();
  const close = toast(text, { label: common("undo"), run: () => draft.undo() });
  const stop = draft.subscribe(() => {
    if (draft.state() === state) return;
    stop();
    close();
  });
}
