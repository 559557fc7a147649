/** What one says of a target, for making and for changing one. */
import { Checkbox, MultiSelect, TagsInput, TextInput } from "@mantine/core";
import { useSuspenseQuery } from "@tanstack/react-query";
import { environmentsQuery, machinesQuery, queryClient } from "../../api/queries.ts";
import { useEdited } from "../../ui/edited.ts";
import { Form } from "../../ui/Form.tsx";
import { Newer, undecided } from "../../ui/Newer.tsx";
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
  const edited = useEdited(machine);
  const { value, set } = edited;
  const work = useWork();
  const isFixed = denied !== undefined;
  const knownTags = [...new Set(machines.flatMap((one) => one.Roles ?? []))].sort();
  const reload = () => queryClient.invalidateQueries({ queryKey: ["machines"] });
  return (
    <Form work={work} onSubmit={() => edited.save(onSave, reload)} verb={verb} denied={denied ?? undecided(edited)}>
      <Newer
        edited={edited}
        labels={{ Name: t("name"), EnvironmentIds: t("environments"), Roles: t("tags"), IsDisabled: t("isDisabled") }}
      />
      <TextInput
        label={t("name")}
        required
        maxLength={200}
        readOnly={isFixed}
        value={value.Name ?? ""}
        onChange={(event) => set({ Name: event.currentTarget.value })}
      />
      <MultiSelect
        searchable
        label={t("environments")}
        data={environments.map((known) => ({ value: known.Id ?? "", label: known.Name ?? "" }))}
        value={value.EnvironmentIds ?? []}
        readOnly={isFixed}
        onChange={(ids) => set({ EnvironmentIds: ids })}
        comboboxProps={{ withinPortal: false }}
      />
      <TagsInput
        label={t("tags")}
        description={t("tagsHelp")}
        data={knownTags}
        value={value.Roles ?? []}
        readOnly={isFixed}
        onChange={(tags) => set({ Roles: tags })}
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
          checked={value.IsDisabled ?? false}
          onChange={(event) => set({ IsDisabled: event.currentTarget.checked })}
        />
      )}
    </Form>
  );
}
