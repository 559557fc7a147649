/** A property as a field of text: on one line, on several, or as code. A secret says that it is set, and no more. */
import { Textarea, TextInput } from "@mantine/core";
import classes from "./fields.module.css";
import { type SectionProps, useProperty, useStepProperty } from "./property.ts";
import { s } from "./settings-text.ts";

interface FieldProps extends SectionProps {
  name: string;
  label: string;
  help?: string;
  of?: "step" | "action";
  placeholder?: string;
  /** More than one line, at least so many. */
  lines?: number;
  isCode?: boolean;
  inputMode?: "numeric" | "decimal";
}

export function PropertyField({ editor, step, name, of = "action", help, lines, isCode, ...rest }: FieldProps) {
  const ofAction = useProperty({ editor, step }, name);
  const ofStep = useStepProperty({ editor, step }, name);
  const [value, set] = of === "step" ? ofStep : ofAction;
  const stored = (of === "step" ? step.Properties : step.Actions[0]?.Properties)?.[name];
  const isSecret = typeof stored === "object" && stored !== null;
  const shared = {
    ...rest,
    description: help,
    value: isSecret ? s("secret") : value,
    readOnly: editor.denied !== undefined || isSecret,
    onChange: (event: { currentTarget: { value: string } }) => set(event.currentTarget.value),
  };
  if (lines === undefined) return <TextInput {...shared} />;
  const code = isCode ? { classNames: { input: classes.code ?? "" }, spellCheck: false } : {};
  return <Textarea {...shared} {...code} autosize minRows={lines} maxRows={24} />;
}
