/** The sections of the step settings that are a few plain fields. */
import { Textarea, TextInput } from "@mantine/core";
import { nameOf, planOf } from "../editor.ts";
import * as edits from "../edits.ts";
import { slugOf } from "../model.ts";
import { kindOfAction } from "../step-kinds.ts";
import { t } from "../text.ts";
import classes from "./fields.module.css";
import { key } from "./keys.ts";
import { PropertyField } from "./PropertyField.tsx";
import { type SectionProps, useAction } from "./property.ts";
import { s } from "./settings-text.ts";

export function NameAndType({ editor, step }: SectionProps) {
  const [first, ...more] = step.Actions;
  return (
    <>
      <TextInput
        label={s("name")}
        value={step.Name}
        maxLength={200}
        readOnly={editor.denied !== undefined}
        error={step.Name.trim() === "" ? s("required") : undefined}
        onChange={(event) => {
          const name = event.currentTarget.value;
          editor.edit(t("didRename", { name: slugOf(step) }), (steps) => edits.rename(steps, slugOf(step), name), true);
        }}
      />
      <p>
        <span className="muted">{`${s("type")}: `}</span>
        {kindOfAction(first).name}
      </p>
      {first && more.length > 0 && (
        <>
          <p>{s("severalActions", { name: first.Name ?? "" })}</p>
          <ol className={classes.plain}>
            {step.Actions.map((action, at) => (
              <li key={action.Id ?? at}>{`${action.Name}: ${kindOfAction(action).name}`}</li>
            ))}
          </ol>
        </>
      )}
    </>
  );
}

export function VariablesUsed({ editor, step }: SectionProps) {
  const reads = planOf(editor, slugOf(step))?.Reads ?? [];
  if (reads.length === 0) return <p className="muted">{s("noVariables")}</p>;
  return (
    <ul className={classes.plain}>
      {reads.map((read) => (
        <li key={read.StepSlug}>
          {s("reads", {
            variables: (read.Variables ?? []).join(", "),
            step: nameOf(editor.view.steps, read.StepSlug ?? ""),
          })}
        </li>
      ))}
    </ul>
  );
}

export function Retry(props: SectionProps) {
  return (
    <div className={classes.pair}>
      <PropertyField {...props} name={key.attempts} label={s("attempts")} inputMode="numeric" />
      <PropertyField {...props} name={key.pause} label={s("pause")} placeholder={s("pauseHelp")} inputMode="numeric" />
      <PropertyField
        {...props}
        name={key.timeout}
        label={s("timeout")}
        placeholder={s("timeoutHelp")}
        inputMode="decimal"
      />
    </div>
  );
}

export function Notes(props: SectionProps) {
  const [action, set] = useAction(props);
  return (
    <Textarea
      aria-label={s("notes")}
      autosize
      minRows={2}
      value={action?.Notes ?? ""}
      readOnly={props.editor.denied !== undefined}
      onChange={(event) => set({ Notes: event.currentTarget.value }, true)}
    />
  );
}
