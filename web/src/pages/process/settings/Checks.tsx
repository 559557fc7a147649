/** Several of a list, each with its box. What is stored and is not in the list is shown as it is stored. */
import { Checkbox } from "@mantine/core";
import classes from "./fields.module.css";
import { s } from "./settings-text.ts";

export interface Named {
  id: string;
  name: string;
}

interface ChecksProps {
  legend: string;
  all: Named[];
  chosen: string[];
  denied: string | undefined;
  onChange: (next: string[]) => void;
}

export function Checks({ legend, all, chosen, denied, onChange }: ChecksProps) {
  const lost = chosen.filter((id) => !all.some((known) => known.id === id));
  const shown = [...all, ...lost.map((id) => ({ id, name: s("notKnown", { id }) }))];
  const toggle = (id: string) => {
    if (denied !== undefined) return;
    onChange(chosen.includes(id) ? chosen.filter((known) => known !== id) : [...chosen, id]);
  };
  return (
    <fieldset className={classes.choices}>
      <legend>{legend}</legend>
      {shown.map(({ id, name }) => (
        <Checkbox
          key={id}
          label={name}
          checked={chosen.includes(id)}
          aria-disabled={denied !== undefined || undefined}
          onChange={() => toggle(id)}
        />
      ))}
    </fieldset>
  );
}

/** Documents of the API as what can be chosen. */
export function named(all: { Id?: string; Name?: string }[]): Named[] {
  return all.map(({ Id = "", Name = "" }) => ({ id: Id, name: Name }));
}
