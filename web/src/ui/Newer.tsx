/** Over a form: somebody else saved what is edited here, and what both changed. */
import { Action } from "./Action.tsx";
import type { Edited } from "./edited.ts";
import { t } from "./edited-text.ts";
import { Banner } from "./states.tsx";

interface NewerProps<T> {
  edited: Edited<T>;
  /** What the fields of the form are called. */
  labels: Partial<Record<keyof T, string>>;
}

export function Newer<T>({ edited, labels }: NewerProps<T>) {
  if (!edited.isNewer) return null;
  const who = edited.by || t("somebody");
  const theirs = Object.entries(edited.theirs);
  if (theirs.length === 0) return <Banner>{t("newer", { who })}</Banner>;
  const actions = (
    <>
      <Action onClick={edited.takeTheirs}>{t("takeTheirs")}</Action>
      <Action onClick={edited.keepMine}>{t("keepMine")}</Action>
    </>
  );
  return (
    <Banner tone="warning" actions={actions}>
      <p>{t("overtaken", { who })}</p>
      {theirs.map(([key, value]) => (
        <p key={key}>
          {typeof value === "string"
            ? t("theirs", { field: labels[key as keyof T] ?? key, value: value || "–" })
            : labels[key as keyof T]}
        </p>
      ))}
    </Banner>
  );
}

/** Why the form cannot be saved yet. */
export function undecided<T>(edited: Edited<T>): string | undefined {
  return Object.keys(edited.theirs).length > 0 ? t("choose") : undefined;
}
