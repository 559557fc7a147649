/** How and when it is to be carried out: asking a person about failures, a later start, and a word on it. */
import { Select, Textarea, TextInput } from "@mantine/core";
import { Section } from "../../ui/Page.tsx";
import classes from "./releases.module.css";
import { t } from "./text.ts";

export interface How {
  guided: "default" | "on" | "off";
  /** Local time, as the field has it; empty for now. */
  at: string;
  comments: string;
}

export const PLAINLY: How = { guided: "default", at: "", comments: "" };

interface OptionsProps {
  how: How;
  onChange: (how: How) => void;
  /** What holds when nothing is chosen about failures. */
  usual: string;
}

export function Options({ how, onChange, usual }: OptionsProps) {
  const set = (part: Partial<How>) => onChange({ ...how, ...part });
  return (
    <Section title={t("options")}>
      <div className={classes.form}>
        <Select
          label={t("guided")}
          value={how.guided}
          onChange={(value) => set({ guided: (value ?? "default") as How["guided"] })}
          allowDeselect={false}
          comboboxProps={{ withinPortal: false }}
          data={[
            { value: "default", label: usual },
            { value: "on", label: t("guidedOn") },
            { value: "off", label: t("guidedOff") },
          ]}
        />
        <TextInput
          type="datetime-local"
          label={t("at")}
          description={t(how.at ? "atThen" : "atNow")}
          value={how.at}
          onChange={(event) => set({ at: event.currentTarget.value })}
        />
        <Textarea
          label={t("comments")}
          rows={2}
          value={how.comments}
          onChange={(event) => set({ comments: event.currentTarget.value })}
        />
      </div>
    </Section>
  );
}

/** As the API takes it, but for the comments; the time under the name it has there. */
export function chosen(how: How, at: "QueueTime" | "RunAt") {
  return {
    ...(how.guided !== "default" && { UseGuidedFailure: how.guided === "on" }),
    ...(how.at && { [at]: new Date(how.at).toISOString() }),
  };
}
