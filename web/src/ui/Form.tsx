/** Forms: one column, what the server said of them at the top, what ends them at the bottom. */
import { TextInput } from "@mantine/core";
import type { FormEvent, ReactNode } from "react";
import { asApiError } from "../api/errors.ts";
import { common } from "../text/common.ts";
import { Action } from "./Action.tsx";
import classes from "./Form.module.css";
import { Banner, Empty } from "./states.tsx";
import type { Work } from "./work.ts";

interface FormProps {
  work: Work;
  onSubmit: () => Promise<unknown>;
  /** The button's text; it repeats what the form is for. */
  verb: string;
  denied?: string | undefined;
  /** Of a form in a dialog: its answers stand where those of every dialog do. */
  onCancel?: () => void;
  /** Another thing to do than what the form is for. */
  instead?: ReactNode;
  children: ReactNode;
  /** False in a dialog beside a page that has its primary button already. */
  isPrimary?: boolean;
}

export function Form({ work, onSubmit, verb, denied, onCancel, instead, children, isPrimary = true }: FormProps) {
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (denied === undefined) work.run(onSubmit);
  };
  return (
    <form className={classes.form} onSubmit={submit}>
      {work.failure !== undefined && <Refusal error={work.failure} />}
      {children}
      <div className={`row ${classes.end}`} data-dialog={onCancel && true}>
        {onCancel && <Action onClick={onCancel}>{common("cancel")}</Action>}
        <Action type="submit" look={isPrimary ? "primary" : "default"} busy={work.isBusy} denied={denied}>
          {verb}
        </Action>
        {instead}
      </div>
    </form>
  );
}

/** Why the server refused, every reason of it. */
export function Refusal({ error }: { error: unknown }) {
  const known = asApiError(error);
  return (
    <Banner tone="error">
      {known.errors.length > 0 ? (
        known.errors.map((problem) => <p key={problem}>{problem}</p>)
      ) : (
        <p>{[known.message, known.help].filter(Boolean).join(" ")}</p>
      )}
    </Banner>
  );
}

interface FilterProps {
  label: string;
  value: string;
  onChange: (value: string | undefined) => void;
}

/** What is typed to see less; `/` leads to it. */
export function Filter({ label, value, onChange }: FilterProps) {
  return (
    <TextInput
      aria-label={label}
      placeholder={label}
      value={value}
      data-filter
      className={classes.filter ?? ""}
      onChange={(event) => onChange(event.currentTarget.value || undefined)}
    />
  );
}

interface NoneFitsProps {
  text: string;
  clear: string;
  onClear: () => void;
}

/** In the place of a list of which nothing fits the filter. */
export function NoneFits({ text, clear, onClear }: NoneFitsProps) {
  const more = (
    <Action look="quiet" onClick={onClear}>
      {clear}
    </Action>
  );
  return <Empty text={text} more={more} />;
}
