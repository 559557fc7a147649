/** When a step starts and whether it runs then: the story's section. */
import { TextInput } from "@mantine/core";
import { useId } from "react";
import { duration } from "../../format.ts";
import { story } from "../../text/story.ts";
import { planOf, stepTitle } from "./editor.ts";
import * as edits from "./edits.ts";
import { isParallel, type Step, slugOf, text } from "./model.ts";
import classes from "./process.module.css";
import type { SectionProps } from "./StepPage.tsx";
import { s } from "./settings-text.ts";
import { t } from "./text.ts";

interface ChoiceProps {
  name: string;
  label: string;
  note?: string;
  checked: boolean;
  denied: string | undefined;
  onChoose: () => void;
}

/** One radio with its note. Denied, it can be reached and read, but not changed. */
export function Choice({ name, label, note, checked, denied, onChoose }: ChoiceProps) {
  const noteId = useId();
  return (
    <div className={classes.choice}>
      <label>
        <input
          type="radio"
          name={name}
          checked={checked}
          aria-disabled={denied !== undefined || undefined}
          aria-describedby={note || denied ? noteId : undefined}
          onChange={() => denied === undefined && onChoose()}
        />
        {label}
      </label>
      {(note || denied) && (
        <span id={noteId} className="muted" title={denied}>
          {note}
          {denied && <span className="visually-hidden">{denied}</span>}
        </span>
      )}
    </div>
  );
}

/** When the step will start, in the words of the server. */
export function startNote(editor: SectionProps["editor"], slug: string): string {
  const plan = planOf(editor, slug);
  if (!plan) return "";
  const waits = (plan.WaitsFor ?? []).filter((wait) => !wait.IsRedundant);
  const when =
    waits.length > 0
      ? `after ${waits.map((wait) => stepTitle(editor.view.steps, wait.StepSlug ?? "")).join(", ")}`
      : t("startsAtOnce");
  const note = s("willStart", { when });
  const isKnown = editor.plan?.WithoutHistory?.length === 0 && typeof plan.StartsAfterMs === "number";
  return isKnown && plan.StartsAfterMs ? `${note} ${s("typicallyIn", { time: duration(plan.StartsAfterMs) })}` : note;
}

const conditions = ["Success", "Failure", "Always", "Variable"] as const;
const EXPRESSION = "Octopus.Step.ConditionVariableExpression";

export function RunCondition({ editor, step }: SectionProps) {
  const slug = slugOf(step);
  const parallel = isParallel(step);
  const start = (on: boolean) =>
    editor.edit(t(on ? "didParallel" : "didSequential", { name: step.Name }), (steps) =>
      edits.setParallel(steps, slug, on),
    );
  const only = (Condition: Step["Condition"]) =>
    editor.edit(t("didCondition", { name: step.Name }), (steps) =>
      edits.change(steps, slug, (known) => ({ ...known, Condition })),
    );
  const condition = step.Condition ?? "Success";
  return (
    <>
      <fieldset className={classes.choices}>
        <legend>{s("whenToStart")}</legend>
        <Choice
          name="start"
          label={story.runAfterPrevious}
          note={s("afterNote")}
          checked={!parallel}
          denied={editor.denied}
          onChoose={() => start(false)}
        />
        <Choice
          name="start"
          label={story.runInParallel}
          note={s("parallelNote")}
          checked={parallel}
          denied={editor.denied}
          onChoose={() => start(true)}
        />
      </fieldset>
      <p className={classes.note} aria-live="polite" data-old={editor.isPlanOld || undefined}>
        {startNote(editor, slug)}
      </p>
      <fieldset className={classes.choices}>
        <legend>{s("onlyWhen")}</legend>
        {conditions.map((known) => (
          <Choice
            key={known}
            name="condition"
            label={s(known.toLowerCase() as "success")}
            checked={condition === known}
            denied={editor.denied}
            onChoose={() => only(known)}
          />
        ))}
        {condition === "Variable" && (
          <TextInput
            label={s("expression")}
            placeholder="#{Deploy.Enabled}"
            value={text(step.Properties, EXPRESSION)}
            readOnly={editor.denied !== undefined}
            onChange={(event) => {
              const value = event.currentTarget.value;
              editor.edit(
                t("didCondition", { name: step.Name }),
                (steps) => edits.setProperty(steps, slug, EXPRESSION, value),
                true,
              );
            }}
          />
        )}
      </fieldset>
    </>
  );
}
