/** Everything about one value: name, what it is, whether it is a secret, and where it holds. */
import { Checkbox, MultiSelect, PasswordInput, Select, Textarea, TextInput } from "@mantine/core";
import { useRef, useState } from "react";
import { Dialog } from "../../ui/Dialog.tsx";
import { Form } from "../../ui/Form.tsx";
import { useWork } from "../../ui/work.ts";
import type { Dimension, Row, Variable } from "./draft.ts";
import { kindOfReference, type References, wordOf } from "./references.ts";
import type { Named, ScopeValues } from "./store.ts";
import { t } from "./text.ts";

export const dimensions: [Dimension, keyof ScopeValues][] = [
  ["Environment", "Environments"],
  ["Machine", "Machines"],
  ["Role", "Roles"],
  ["Action", "Actions"],
  ["Channel", "Channels"],
];

interface VariableDialogProps {
  row: Row;
  values: ScopeValues;
  references: References;
  onClose: () => void;
  onApply: (row: Row) => void;
}

export function VariableDialog({ row, values, references, onClose, onApply }: VariableDialogProps) {
  const { variable } = row;
  const [name, setName] = useState(variable.Name);
  const [value, setValue] = useState(variable.IsSensitive ? "" : (variable.Value ?? ""));
  const [description, setDescription] = useState(variable.Description ?? "");
  const [isSensitive, setSensitive] = useState(variable.IsSensitive ?? false);
  const [scope, setScope] = useState(variable.Scope ?? {});
  const [prompt, setPrompt] = useState(variable.Prompt as Prompt | null | undefined);
  const kind = kindOfReference(variable);
  // Not in React's hands: it would copy what is typed into the document.
  const secret = useRef<HTMLInputElement>(null);
  const work = useWork();
  const wasSecret = variable.IsSensitive === true;
  const apply = async () => {
    const typed = secret.current?.value ?? "";
    const isReplaced = isSensitive && (typed !== "" || !wasSecret);
    const kept = row.isReplaced ? variable.Value : null;
    const next = isSensitive ? (isReplaced ? typed || value : kept) : value;
    const changed = {
      ...variable,
      Name: name.trim(),
      Value: next,
      Description: description,
      IsSensitive: isSensitive,
      Type: isSensitive ? "Sensitive" : kind ? variable.Type : "String",
      Scope: scope,
      Prompt: prompt ?? null,
    } as Variable;
    onApply({ ...row, variable: changed, isReplaced: row.isReplaced || isReplaced });
  };
  return (
    <Dialog title={t(variable.Name ? "editTitle" : "addTitle")} opened onClose={onClose} size={560}>
      <Form work={work} onSubmit={apply} verb={t("apply")} onCancel={onClose}>
        <TextInput
          label={t("name")}
          required
          data-autofocus
          value={name}
          onChange={(event) => setName(event.currentTarget.value)}
        />
        {kind ? (
          <Select
            label={wordOf(kind)}
            data={options(references[kind], value ? [value] : [])}
            value={value}
            onChange={(id) => setValue(id ?? "")}
            allowDeselect={false}
            searchable
            comboboxProps={{ withinPortal: false }}
          />
        ) : isSensitive ? (
          <PasswordInput
            ref={secret}
            label={t("newSecret")}
            description={wasSecret ? t("newSecretHelp") : undefined}
            autoComplete="new-password"
          />
        ) : (
          <Textarea
            label={t("value")}
            autosize={false}
            rows={3}
            value={value}
            onChange={(event) => setValue(event.currentTarget.value)}
          />
        )}
        {!kind && (
          <Checkbox
            label={t("isSensitive")}
            checked={isSensitive}
            disabled={wasSecret}
            onChange={(event) => setSensitive(event.currentTarget.checked)}
          />
        )}
        <TextInput
          label={t("description")}
          value={description}
          onChange={(event) => setDescription(event.currentTarget.value)}
        />
        <PromptFields prompt={prompt} onChange={setPrompt} />
        <fieldset className="stack" style={{ border: 0, padding: 0, margin: 0 }}>
          <legend className="meta">{t("scopeHelp")}</legend>
          {dimensions
            .filter(([dimension, list]) => values[list].length > 0 || (scope[dimension]?.length ?? 0) > 0)
            .map(([dimension, list]) => (
              <MultiSelect
                key={dimension}
                label={t(dimension)}
                data={options(values[list], scope[dimension] ?? [])}
                value={scope[dimension] ?? []}
                onChange={(ids) => setScope({ ...scope, [dimension]: ids })}
                searchable
                comboboxProps={{ withinPortal: false }}
              />
            ))}
        </fieldset>
      </Form>
    </Dialog>
  );
}

interface Prompt {
  Label?: string;
  Description?: string;
  Required?: boolean;
}

/** Whether the value is asked for when somebody deploys, and how. What else is said of it stays. */
function PromptFields({ prompt, onChange }: { prompt: Prompt | null | undefined; onChange: (to?: Prompt) => void }) {
  const set = (part: Prompt) => onChange({ ...prompt, ...part });
  return (
    <>
      <Checkbox
        label={t("isPrompted")}
        checked={Boolean(prompt)}
        onChange={(event) => onChange(event.currentTarget.checked ? {} : undefined)}
      />
      {prompt && (
        <>
          <TextInput
            label={t("promptLabel")}
            value={prompt.Label ?? ""}
            onChange={(event) => set({ Label: event.currentTarget.value })}
          />
          <TextInput
            label={t("promptHelp")}
            value={prompt.Description ?? ""}
            onChange={(event) => set({ Description: event.currentTarget.value })}
          />
          <Checkbox
            label={t("promptRequired")}
            checked={prompt.Required ?? false}
            onChange={(event) => set({ Required: event.currentTarget.checked })}
          />
        </>
      )}
    </>
  );
}

/** The choices, with ids whose thing is gone shown as they are. */
function options(known: Named[], chosen: string[]) {
  const gone = chosen.filter((id) => !known.some((one) => one.Id === id));
  return [...known.map((one) => ({ value: one.Id, label: one.Name })), ...gone.map((id) => ({ value: id, label: id }))];
}
