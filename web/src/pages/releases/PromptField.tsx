/** The field of a variable whose value is asked for. */
import { PasswordInput, TextInput } from "@mantine/core";
import type { Prompt } from "./queries.ts";

interface PromptProps {
  prompt: Prompt;
  value: string;
  onChange: (value: string) => void;
}

export function PromptField({ prompt, value, onChange }: PromptProps) {
  const shared = {
    label: prompt.Control.Label || prompt.Control.Name,
    description: prompt.Control.Description,
    required: prompt.Control.Required,
    value,
    onChange: (event: { currentTarget: { value: string } }) => onChange(event.currentTarget.value),
  };
  return prompt.Control.IsSecure ? <PasswordInput {...shared} autoComplete="off" /> : <TextInput {...shared} />;
}
