/** The sections of the step settings that are plain fields. */
import { Checkbox, NumberInput, Select, Textarea, TextInput } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { environmentsQuery } from "../../api/queries.ts";
import { nameOf, planOf } from "./editor.ts";
import * as edits from "./edits.ts";
import { slugOf, TARGET_TAGS, text } from "./model.ts";
import classes from "./process.module.css";
import type { SectionProps } from "./StepPage.tsx";
import { s } from "./settings-text.ts";
import { t } from "./text.ts";

const BODY = "Octopus.Action.Script.ScriptBody";
const SYNTAX = "Octopus.Action.Script.Syntax";
const INSTRUCTIONS = "Octopus.Action.Manual.Instructions";
const ON_WORKER = "Octopus.Action.RunOnServer";
const ATTEMPTS = "Octopus.Action.AutoRetry.MaximumCount";
const TIMEOUT = "Octopus.Action.ExecutionTimeout.Minutes";

/** Sets a property of the step's action; an empty text takes it away. */
function useProperty({ editor, step }: SectionProps, name: string) {
  const value = text(step.Actions[0]?.Properties, name);
  const set = (next: string) =>
    editor.edit(
      t("didEdit", { name: step.Name }),
      (steps) => edits.setActionProperty(steps, slugOf(step), name, next === "" ? undefined : next),
      true,
    );
  return [value, set] as const;
}

export function NameAndType({ editor, step }: SectionProps) {
  const types: Record<string, string> = { "Octopus.Script": t("typeScript"), "Octopus.Manual": t("typeManual") };
  const type = step.Actions[0]?.ActionType ?? "";
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
        {types[type] ?? type}
      </p>
    </>
  );
}

export function WhereItRuns(props: SectionProps) {
  const { editor, step } = props;
  const [onWorker, setOnWorker] = useProperty(props, ON_WORKER);
  const tags = text(step.Properties, TARGET_TAGS);
  if (step.Actions[0]?.ActionType === "Octopus.Manual") return <p>{t("manual")}</p>;
  return (
    <>
      <TextInput
        label={s("targetTags")}
        description={s("targetTagsHelp")}
        value={tags}
        readOnly={editor.denied !== undefined}
        onChange={(event) => {
          const value = event.currentTarget.value;
          const set = (steps: (typeof step)[]) =>
            edits.setProperty(steps, slugOf(step), TARGET_TAGS, value === "" ? undefined : value);
          editor.edit(t("didEdit", { name: step.Name }), set, true);
        }}
      />
      <Checkbox
        label={s("onWorker")}
        description={s("onWorkerHelp")}
        checked={onWorker.toLowerCase() === "true"}
        aria-disabled={editor.denied !== undefined || undefined}
        onChange={(event) => setOnWorker(event.currentTarget.checked ? "True" : "False")}
      />
    </>
  );
}

export function Script(props: SectionProps) {
  const { editor, step } = props;
  const [body, setBody] = useProperty(props, BODY);
  const [syntax, setSyntax] = useProperty(props, SYNTAX);
  const [instructions, setInstructions] = useProperty(props, INSTRUCTIONS);
  const isReadOnly = editor.denied !== undefined;
  const type = step.Actions[0]?.ActionType;
  if (type === "Octopus.Manual") {
    return (
      <Textarea
        label={s("instructions")}
        description={s("instructionsHelp")}
        autosize
        minRows={4}
        value={instructions}
        readOnly={isReadOnly}
        onChange={(event) => setInstructions(event.currentTarget.value)}
      />
    );
  }
  if (type !== "Octopus.Script") {
    return (
      <>
        <p className="muted">{s("unknownType")}</p>
        <pre className={classes.raw}>{JSON.stringify(step.Actions[0]?.Properties ?? {}, null, 2)}</pre>
      </>
    );
  }
  return (
    <>
      <Select
        label={s("syntax")}
        data={["Bash", "PowerShell", "Python"]}
        value={syntax || "PowerShell"}
        allowDeselect={false}
        readOnly={isReadOnly}
        comboboxProps={{ withinPortal: false }}
        onChange={(value) => value && setSyntax(value)}
      />
      <Textarea
        label={s("scriptBody")}
        classNames={{ input: classes.code }}
        autosize
        minRows={5}
        maxRows={24}
        spellCheck={false}
        value={body}
        readOnly={isReadOnly}
        onChange={(event) => setBody(event.currentTarget.value)}
      />
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

export function Environments({ editor, step }: SectionProps) {
  const { data: environments = [] } = useQuery(environmentsQuery);
  const chosen = step.Actions[0]?.Environments ?? [];
  const toggle = (id: string) => {
    const next = chosen.includes(id) ? chosen.filter((known) => known !== id) : [...chosen, id];
    editor.edit(t("didEdit", { name: step.Name }), (steps) =>
      edits.changeAction(steps, slugOf(step), (action) => ({ ...action, Environments: next })),
    );
  };
  return (
    <fieldset className={classes.choices}>
      <legend>{s("environmentsHelp")}</legend>
      {environments.map((environment) => (
        <Checkbox
          key={environment.Id}
          label={environment.Name}
          checked={chosen.includes(environment.Id ?? "")}
          aria-disabled={editor.denied !== undefined || undefined}
          onChange={() => toggle(environment.Id ?? "")}
        />
      ))}
    </fieldset>
  );
}

export function Retry(props: SectionProps) {
  const isReadOnly = props.editor.denied !== undefined;
  const [attempts, setAttempts] = useProperty(props, ATTEMPTS);
  const [timeout, setTimeout_] = useProperty(props, TIMEOUT);
  return (
    <div className={classes.pair}>
      <NumberInput
        label={s("attempts")}
        min={0}
        max={10}
        value={attempts === "" ? "" : Number(attempts)}
        readOnly={isReadOnly}
        hideControls
        onChange={(value) => setAttempts(String(value))}
      />
      <TextInput
        label={s("timeout")}
        placeholder={s("timeoutHelp")}
        inputMode="decimal"
        value={timeout}
        readOnly={isReadOnly}
        onChange={(event) => setTimeout_(event.currentTarget.value)}
      />
    </div>
  );
}

export function Notes({ editor, step }: SectionProps) {
  return (
    <Textarea
      aria-label={s("notes")}
      autosize
      minRows={2}
      value={step.Actions[0]?.Notes ?? ""}
      readOnly={editor.denied !== undefined}
      onChange={(event) => {
        const Notes = event.currentTarget.value;
        editor.edit(
          t("didEdit", { name: step.Name }),
          (steps) => edits.changeAction(steps, slugOf(step), (action) => ({ ...action, Notes })),
          true,
        );
      }}
    />
  );
}
