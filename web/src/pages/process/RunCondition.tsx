/** When a step starts and whether it runs then: the story's section. */
import { Checkbox, TextInput } from "@mantine/core";
import { duration } from "../../format.ts";
import { story } from "../../text/story.ts";
import { planOf, stepTitle } from "./editor.ts";
import * as edits from "./edits.ts";
import { ACTION_CONDITION, isParallel, STEP_CONDITION, type Step, slugOf, text } from "./model.ts";
import { Radio } from "./Radio.tsx";
import classes from "./settings/fields.module.css";
import { PropertyField } from "./settings/PropertyField.tsx";
import { type SectionProps, useAction } from "./settings/property.ts";
import { s } from "./settings/settings-text.ts";
import { t } from "./text.ts";

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
        <Radio
          name="start"
          label={story.runAfterPrevious}
          note={s("afterNote")}
          checked={!parallel}
          denied={editor.denied}
          onChoose={() => start(false)}
        />
        <Radio
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
          <Radio
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
            value={expressionOf(step)}
            readOnly={editor.denied !== undefined}
            onChange={(event) => {
              const value = event.currentTarget.value;
              editor.edit(
                t("didCondition", { name: step.Name }),
                (steps) => edits.setExpression(steps, slug, value),
                true,
              );
            }}
          />
        )}
      </fieldset>
      <OfTheAction editor={editor} step={step} />
    </>
  );
}

/** Older exports have it under another name. */
function expressionOf(step: Step): string {
  return text(step.Properties, STEP_CONDITION) || text(step.Properties, ACTION_CONDITION);
}

/** What is stored with the action decides as well whether the step can be left out and whether it does anything. */
function OfTheAction(props: SectionProps) {
  const [action, set] = useAction(props);
  const { denied } = props.editor;
  const isConditional = action?.Condition === "Variable";
  const name = text(action?.Properties, ACTION_CONDITION) ? ACTION_CONDITION : STEP_CONDITION;
  return (
    <>
      {isConditional && <PropertyField {...props} name={name} label={s("actionExpression")} />}
      <Checkbox
        label={s("cannotBeSkipped")}
        description={s("cannotBeSkippedHelp")}
        checked={action?.IsRequired ?? false}
        aria-disabled={denied !== undefined || undefined}
        onChange={(event) => set({ IsRequired: event.currentTarget.checked })}
      />
    </>
  );
}
