/** Where a step runs: targets, how many of them at a time, how it shares them, and which workers. */
import { Checkbox, Select, TextInput } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { workerPoolsQuery } from "../../../api/queries.ts";
import * as edits from "../edits.ts";
import { TARGET_TAGS, text } from "../model.ts";
import { Radio } from "../Radio.tsx";
import { t } from "../text.ts";
import classes from "./fields.module.css";
import { key, MANUAL } from "./keys.ts";
import { PropertyField } from "./PropertyField.tsx";
import { type SectionProps, useAction, useEdit, useProperty } from "./property.ts";
import { s } from "./settings-text.ts";

export function WhereItRuns(props: SectionProps) {
  const { editor, step } = props;
  const [onWorker, setOnWorker] = useProperty(props, key.onWorker);
  if (step.Actions[0]?.ActionType === MANUAL) return <p>{t("manual")}</p>;
  const hasTargets = text(step.Properties, TARGET_TAGS) !== "";
  const isSplit = text(step.Properties, key.window) !== "";
  return (
    <>
      <PropertyField {...props} of="step" name={TARGET_TAGS} label={s("targetTags")} help={s("targetTagsHelp")} />
      {(hasTargets || isSplit) && (
        <PropertyField
          {...props}
          of="step"
          name={key.window}
          label={s("window")}
          help={s("windowHelp")}
          placeholder={s("windowAll")}
        />
      )}
      <Checkbox
        label={s("onWorker")}
        description={s("onWorkerHelp")}
        checked={onWorker.toLowerCase() === "true"}
        aria-disabled={editor.denied !== undefined || undefined}
        onChange={(event) => setOnWorker(event.currentTarget.checked ? "True" : "False")}
      />
      <WorkerPool {...props} />
      <MachineLock {...props} />
    </>
  );
}

const NONE = "";
const BY_VARIABLE = " variable";

function WorkerPool(props: SectionProps) {
  const { editor } = props;
  const { data: pools = [] } = useQuery(workerPoolsQuery);
  const [action, set] = useAction(props);
  const [asksForVariable, askForVariable] = useState(false);
  const id = action?.WorkerPoolId ?? "";
  const variable = action?.WorkerPoolVariable ?? "";
  const isByVariable = id === "" && (variable !== "" || asksForVariable);
  const lost = id !== "" && !pools.some((pool) => pool.Id === id);
  const data = [
    { value: NONE, label: s("poolDefault") },
    ...pools.map((pool) => ({ value: pool.Id ?? "", label: pool.Name ?? "" })),
    ...(lost ? [{ value: id, label: id.includes("#{") ? s("poolWorkedOut", { id }) : s("notKnown", { id }) }] : []),
    { value: BY_VARIABLE, label: s("poolByVariable") },
  ];
  const choose = (value: string) => {
    askForVariable(value === BY_VARIABLE);
    if (value !== BY_VARIABLE) set({ WorkerPoolId: value || null, WorkerPoolVariable: null } as never);
    else if (id !== "") set({ WorkerPoolId: null } as never);
  };
  return (
    <div className={classes.pair}>
      <Select
        label={s("pool")}
        description={s("poolHelp")}
        data={data}
        value={isByVariable ? BY_VARIABLE : id}
        allowDeselect={false}
        readOnly={editor.denied !== undefined}
        comboboxProps={{ withinPortal: false }}
        onChange={(value) => value !== null && choose(value)}
      />
      {isByVariable && (
        <TextInput
          label={s("poolVariable")}
          description={s("poolVariableHelp")}
          value={variable}
          readOnly={editor.denied !== undefined}
          onChange={(event) => set({ WorkerPoolVariable: event.currentTarget.value || null } as never, true)}
        />
      )}
    </div>
  );
}

const locks = ["deployment", "exclusive", "bypass"] as const;
type Lock = (typeof locks)[number];

/** As it is stored: a step may also have its machines opened by its action. Something else is named as it is. */
function lockOf(step: SectionProps["step"]): string {
  const stored = text(step.Properties, key.machineLock).toLowerCase();
  if (stored === "exclusive") return stored;
  const opens = [step, ...step.Actions].some(({ Properties }) => text(Properties, key.bypass).toLowerCase() === "true");
  return opens ? "bypass" : stored || "deployment";
}

function MachineLock(props: SectionProps) {
  const edit = useEdit(props);
  const lock = lockOf(props.step);
  const choose = (next: Lock) =>
    edit((steps, slug) => {
      const locked = edits.setProperty(steps, slug, key.machineLock, next === "exclusive" ? next : undefined);
      const open = edits.setProperty(locked, slug, key.bypass, next === "bypass" ? "True" : undefined);
      return edits.setActionProperty(open, slug, key.bypass, undefined);
    });
  return (
    <fieldset className={classes.choices}>
      <legend>{s("lock")}</legend>
      {locks.map((known) => (
        <Radio
          key={known}
          name="lock"
          label={s(`lock_${known}`)}
          note={s(`lock_${known}_note`)}
          checked={lock === known}
          denied={props.editor.denied}
          onChoose={() => choose(known)}
        />
      ))}
    </fieldset>
  );
}
