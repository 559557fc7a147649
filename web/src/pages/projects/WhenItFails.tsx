/** What happens after a failure: whether a person is asked, and what becomes of steps that do not depend on it. */
import { Select } from "@mantine/core";
import type { Schemas } from "../../api/client.ts";
import { t } from "./settings-text.ts";

type Saying = Pick<Schemas["DeploymentSettings"], "DefaultGuidedFailureMode" | "Regatta.FailurePolicy">;

interface WhenItFailsProps {
  value: Saying;
  onChange: (part: Partial<Saying>) => void;
  isFixed: boolean;
}

export function WhenItFails({ value, onChange, isFixed }: WhenItFailsProps) {
  const select = { allowDeselect: false, readOnly: isFixed, comboboxProps: { withinPortal: false } };
  return (
    <>
      <Select
        {...select}
        label={t("guided")}
        data={[
          { value: "EnvironmentDefault", label: t("guidedDefault") },
          { value: "On", label: t("guidedOn") },
          { value: "Off", label: t("guidedOff") },
        ]}
        value={value.DefaultGuidedFailureMode ?? "EnvironmentDefault"}
        onChange={(chosen) => onChange({ DefaultGuidedFailureMode: chosen as never })}
      />
      <Select
        {...select}
        label={t("policy")}
        description={t("policyHelp")}
        data={[
          { value: "FinishBranches", label: t("policyFinish") },
          { value: "StartNothingNew", label: t("policyNothingNew") },
          { value: "CancelRunning", label: t("policyCancel") },
        ]}
        value={value["Regatta.FailurePolicy"] ?? "FinishBranches"}
        onChange={(chosen) => onChange({ "Regatta.FailurePolicy": chosen as never })}
      />
    </>
  );
}
