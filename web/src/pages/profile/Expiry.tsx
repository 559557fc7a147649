/** Until when an API key is valid. */
import { Select } from "@mantine/core";
import { messages } from "../../text/messages.ts";

const t = messages({
  keyExpires: "Expires",
  noEnd: "never",
  inDays: "In {n} days",
  inYear: "In a year",
});

const DAY_MS = 86_400_000;
export const usualDays = "90";

interface ExpiryProps {
  /** Empty: never. */
  days: string;
  onChange: (days: string) => void;
}

export function Expiry({ days, onChange }: ExpiryProps) {
  return (
    <Select
      label={t("keyExpires")}
      allowDeselect={false}
      comboboxProps={{ withinPortal: false }}
      data={[
        { value: "30", label: t("inDays", { n: 30 }) },
        { value: "90", label: t("inDays", { n: 90 }) },
        { value: "365", label: t("inYear") },
        { value: "", label: t("noEnd") },
      ]}
      value={days}
      onChange={(next) => onChange(next ?? usualDays)}
    />
  );
}

/** What a request says of it. */
export function expires(days: string): { Expires?: string } {
  return days === "" ? {} : { Expires: new Date(Date.now() + Number(days) * DAY_MS).toISOString() };
}
