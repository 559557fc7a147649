/** Reading and changing what a step and its first action have set. */
import type { Editor } from "../editor.ts";
import * as edits from "../edits.ts";
import { type Step, slugOf, text } from "../model.ts";
import { t } from "../text.ts";

export interface SectionProps {
  editor: Editor;
  step: Step;
}

export type Action = Step["Actions"][number];

type Change = (steps: Step[], slug: string) => Step[];

/** Edits the step; typing in one field is one edit. */
export function useEdit({ editor, step }: SectionProps) {
  return (change: Change, isTyping = false) =>
    editor.edit(t("didEdit", { name: step.Name }), (steps) => change(steps, slugOf(step)), isTyping);
}

/** Sets a property of the step's action; an empty text takes it away. */
export function useProperty(props: SectionProps, name: string) {
  const edit = useEdit(props);
  const set = (next: string) =>
    edit((steps, slug) => edits.setActionProperty(steps, slug, name, next === "" ? undefined : next), true);
  return [text(props.step.Actions[0]?.Properties, name), set] as const;
}

/** The same of the step itself. */
export function useStepProperty(props: SectionProps, name: string) {
  const edit = useEdit(props);
  const set = (next: string) =>
    edit((steps, slug) => edits.setProperty(steps, slug, name, next === "" ? undefined : next), true);
  return [text(props.step.Properties, name), set] as const;
}

/** Changes fields of the step's action. */
export function useAction(props: SectionProps) {
  const edit = useEdit(props);
  const set = (next: Partial<Action>, isTyping = false) =>
    edit((steps, slug) => edits.changeAction(steps, slug, (action) => ({ ...action, ...next })), isTyping);
  return [props.step.Actions[0] as Action | undefined, set] as const;
}
