/** What one says of an environment, for making and for changing one. */
import { Checkbox, Textarea, TextInput } from "@mantine/core";
import { queryClient } from "../../api/queries.ts";
import { useEdited } from "../../ui/edited.ts";
import { Form } from "../../ui/Form.tsx";
import { Newer, undecided } from "../../ui/Newer.tsx";
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

const NEW = { Name: "", Description: "", UseGuidedFailure: false } as Environment;

export function EnvironmentForm({ environment, verb, denied, onSave, onCancel }: EnvironmentFormProps) {
  const edited = useEdited(environment ?? NEW);
  const { value, set } = edited;
  const work = useWork();
  const reload = () => queryClient.invalidateQueries({ queryKey: ["environments"] });
  return (
    <Form
      work={work}
      onSubmit={() => edited.save(onSave, reload)}
      verb={verb}
      denied={denied ?? undecided(edited)}
      {...(onCancel && { onCancel })}
    >
      <Newer
        edited={edited}
        labels={{ Name: t("name"), Description: t("description"), UseGuidedFailure: t("guidedLabel") }}
      />
      <TextInput
        label={t("name")}
        required
        maxLength={200}
        data-autofocus
        readOnly={denied !== undefined}
        value={value.Name ?? ""}
        onChange={(event) => set({ Name: event.currentTarget.value })}
      />
      <Textarea
        label={t("description")}
        rows={2}
        readOnly={denied !== undefined}
        value={value.Description ?? ""}
        onChange={(event) => set({ Description: event.currentTarget.value })}
      />
      <Checkbox
        label={t("guidedLabel")}
        disabled={denied !== undefined}
        checked={value.UseGuidedFailure ?? false}
        onChange={(event) => set({ UseGuidedFailure: event.currentTarget.checked })}
      />
    </Form>
  );
}
