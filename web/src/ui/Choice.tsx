/** One of a few by which less is seen; nothing chosen is all of them. */
import { Select } from "@mantine/core";

interface ChoiceProps {
  label: string;
  /** What is shown while nothing is chosen. */
  all: string;
  data: { value: string; label: string }[];
  value: string;
  onChange: (value: string | undefined) => void;
  width?: number;
}

/** So many are looked through by typing. */
const SEARCHED_FROM = 9;

export function Choice({ label, all, data, value, onChange, width = 180 }: ChoiceProps) {
  return (
    <Select
      aria-label={label}
      w={width}
      data={[{ value: "", label: all }, ...data]}
      value={value}
      onChange={(next) => onChange(next || undefined)}
      allowDeselect={false}
      searchable={data.length >= SEARCHED_FROM}
      comboboxProps={{ withinPortal: false }}
    />
  );
}

/** A document as something to choose. */
export function option({ Id = "", Name = "" }: { Id?: string | undefined; Name?: string | undefined }) {
  return { value: Id, label: Name };
}
