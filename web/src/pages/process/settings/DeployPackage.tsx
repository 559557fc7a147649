/** A step that unpacks a package on its machines: which one, where to, what is put into its files, and its scripts. */
import { Checkbox } from "@mantine/core";
import * as edits from "../edits.ts";
import { text } from "../model.ts";
import { feature, hooks, key } from "./keys.ts";
import { PackageFields } from "./PackageFields.tsx";
import { PropertyField } from "./PropertyField.tsx";
import { type SectionProps, useEdit, useProperty } from "./property.ts";
import { s } from "./settings-text.ts";

export function DeployPackage(props: SectionProps) {
  const [purge, setPurge] = useProperty(props, key.purge);
  const hasDirectory = text(props.step.Actions[0]?.Properties, key.directory) !== "";
  return (
    <>
      <PackageFields {...props} />
      <PropertyField {...props} name={key.directory} label={s("directory")} help={s("directoryHelp")} />
      {(hasDirectory || purge !== "") && (
        <Checkbox
          label={s("purge")}
          checked={purge.toLowerCase() === "true"}
          aria-disabled={props.editor.denied !== undefined || undefined}
          onChange={(event) => setPurge(event.currentTarget.checked ? "True" : "")}
        />
      )}
      <Feature {...props} of="templates" />
      <Feature {...props} of="structured" />
      {hooks.map(({ hook, name }) => (
        <PropertyField key={hook} {...props} name={name} label={s("hook", { hook })} lines={2} isCode />
      ))}
    </>
  );
}

function Feature({ of, ...props }: SectionProps & { of: "templates" | "structured" }) {
  const [stored] = useProperty(props, key.features);
  const edit = useEdit(props);
  const enabled = stored
    .split(",")
    .map((name) => name.trim())
    .filter(Boolean);
  const isOn = enabled.includes(feature[of]);
  const toggle = () => {
    if (props.editor.denied !== undefined) return;
    const next = isOn ? enabled.filter((name) => name !== feature[of]) : [...enabled, feature[of]];
    edit((steps, slug) => edits.setActionProperty(steps, slug, key.features, next.join(",") || undefined));
  };
  return (
    <>
      <Checkbox
        label={s(of)}
        checked={isOn}
        aria-disabled={props.editor.denied !== undefined || undefined}
        onChange={toggle}
      />
      {isOn && (
        <PropertyField {...props} name={key[of]} label={s(`${of}Files`)} help={s("patterns")} lines={2} isCode />
      )}
    </>
  );
}
