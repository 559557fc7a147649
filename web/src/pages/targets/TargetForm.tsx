/** What one says of a target, for making and for changing one. */
import { Checkbox, MultiSelect, TagsInput, TextInput } from "@mantine/core";
import { useSuspenseQuery } from "@tanstack/react-query";
import { useState } from "react";
import { environmentsQuery, machinesQuery } from "../../api/queries.ts";
import { Form } from "../../ui/Form.tsx";
import { useWork } from "../../ui/work.ts";
import { kindOf, type Machine } from "./queries.ts";
import { t } from "./text.ts";

interface TargetFormProps {
  machine: Partial<Machine> & Pick<Machine, "Endpoint">;
  verb: string;
  denied?: string | undefined;
  onSave: (machine: Partial<Machine>) => Promise<unknown>;
}

export function TargetForm({ machine, verb, denied, onSave }: TargetFormProps) {
  const { data: environments } = useSuspenseQuery(environmentsQuery);
  const { data: machines } = useSuspenseQuery(machinesQuery);
  const [name, setName] = useState(machine.Name ?? "");
  const [inside, setInside] = useState(machine.EnvironmentIds ?? []);
  const [tags, setTags] = useState(machine.Roles ?? []);
  const [isDisabled, setDisabled] = useState(machine.IsDisabled ?? false);
  const work = useWork();
  const isFixed = denied !== undefined;
  const knownTags = [...new Set(machines.flatMap((one) => one.Roles ?? []))].sort();
  const save = () => onSave({ ...machine, Name: name, EnvironmentIds: inside, Roles: tags, IsDisabled: isDisabled });
  return (
    <Form work={work} onSubmit={save} verb={verb} denied={denied}>
      <TextInput
        label={t("name")}
        required
        maxLength={200}
        readOnly={isFixed}
        value={name}
        onChange={(event) => setName(event.currentTarget.value)}
      />
      <MultiSelect
        searchable
        label={t("environments")}
        data={environments.map((known) => ({ value: known.Id ?? "", label: known.Name ?? "" }))}
        value={inside}
        readOnly={isFixed}
        onChange={setInside}
        comboboxProps={{ withinPortal: false }}
      />
      <TagsInput
        label={t("tags")}
        description={t("tagsHelp")}
        data={knownTags}
        value={tags}
        readOnly={isFixed}
        onChange={setTags}
        comboboxProps={{ withinPortal: false }}
      />
      <div>
        <h3>{t("kind")}</h3>
        <p>{kindOf(machine)}</p>
        {!machine.Id && <p className="meta">{t("kindHelp")}</p>}
      </div>
      {machine.Id && (
        <Checkbox
          label={t("isDisabled")}
          disabled={isFixed}
          checked={isDisabled}
          onChange={(event) => setDisabled(event.currentTarget.checked)}
        />
      )}
    </Form>
  );
}
