/** What one says of an environment, for making and for changing one. */
import { Checkbox, Textarea, TextInput } from "@mantine/core";
import { useState } from "react";
import { Form } from "../../ui/Form.tsx";
import { useWork } from "../../ui/work.ts";
import type { Environment } from "./queries.ts";
import { t } from "./text.ts";

interface EnvironmentFormProps {
  environment?: Environment;
  verb: string;
  denied?: string | undefined;
  onSave: (environment: Environment) => Promise<unknown>;
  onCancel?: () => void;
}

export function EnvironmentForm({ environment, verb, denied, onSave, onCancel }: EnvironmentFormProps) {
  const [name, setName] = useState(environment?.Name ?? "");
  const [description, setDescription] = useState(environment?.Description ?? "");
  const [isGuided, setGuided] = useState(environment?.UseGuidedFailure ?? false);
  const work = useWork();
  const save = () =>
    onSave({ ...environment, Name: name, Description: description, UseGuidedFailure: isGuided } as Environment);
  return (
    <Form work={work} onSubmit={save} verb={verb} denied={denied} {...(onCancel && { onCancel })}>
      <TextInput
        label={t("name")}
        required
        maxLength={200}
        data-autofocus
        readOnly={denied !== undefined}
        value={name}
        onChange={(event) => setName(event.currentTarget.value)}
      />
      <Textarea
        label={t("description")}
        rows={2}
        readOnly={denied !== undefined}
        value={description}
        onChange={(event) => setDescription(event.currentTarget.value)}
      />
      <Checkbox
        label={t("guidedLabel")}
        disabled={denied !== undefined}
        checked={isGuided}
        onChange={(event) => setGuided(event.currentTarget.checked)}
      />
    </Form>
  );
}
