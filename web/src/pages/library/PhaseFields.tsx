/** What one says of a phase. */
import { Checkbox, MultiSelect, Select, TextInput } from "@mantine/core";
import { useSuspenseQuery } from "@tanstack/react-query";
import { ArrowDown, ArrowUp, Trash2 } from "lucide-react";
import { environmentsQuery } from "../../api/queries.ts";
import { Action } from "../../ui/Action.tsx";
import classes from "./library.module.css";
import type { Phase } from "./queries.ts";
import { t } from "./text.ts";

interface PhaseFieldsProps {
  phase: Phase;
  n: number;
  of: number;
  denied: string | undefined;
  onChange: (phase: Phase) => void;
  onMove: (to: number) => void;
  onRemove: () => void;
}

export function PhaseFields({ phase, n, of, denied, onChange, onMove, onRemove }: PhaseFieldsProps) {
  const name = phase.Name || t("phase", { n });
  const isFixed = denied !== undefined;
  const count = (phase.AutomaticDeploymentTargets?.length ?? 0) + (phase.OptionalDeploymentTargets?.length ?? 0);
  const enough = Array.from({ length: Math.max(0, count - 1) }, (_, index) => ({
    value: String(index + 1),
    label: t("minimumN", { n: index + 1 }),
  }));
  return (
    <li className={`card ${classes.editorPhase}`}>
      <div className={classes.editorHead}>
        <TextInput
          label={t("phaseName", { n })}
          required
          maxLength={200}
          readOnly={isFixed}
          value={phase.Name ?? ""}
          onChange={(event) => onChange({ ...phase, Name: event.currentTarget.value })}
        />
        <Action
          look="quiet"
          label={t("up", { name })}
          denied={denied ?? (n === 1 ? t("isFirst") : undefined)}
          icon={<ArrowUp size={16} aria-hidden />}
          onClick={() => onMove(n - 2)}
        />
        <Action
          look="quiet"
          label={t("down", { name })}
          denied={denied ?? (n === of ? t("isLast") : undefined)}
          icon={<ArrowDown size={16} aria-hidden />}
          onClick={() => onMove(n)}
        />
        <Action
          look="quiet"
          label={t("remove", { name })}
          denied={denied}
          icon={<Trash2 size={16} aria-hidden />}
          onClick={onRemove}
        />
      </div>
      <Environments
        label={t("optional")}
        value={phase.OptionalDeploymentTargets ?? []}
        isFixed={isFixed}
        onChange={(ids) => onChange({ ...phase, OptionalDeploymentTargets: ids })}
      />
      <Environments
        label={t("automatic")}
        value={phase.AutomaticDeploymentTargets ?? []}
        isFixed={isFixed}
        onChange={(ids) => onChange({ ...phase, AutomaticDeploymentTargets: ids })}
      />
      <Select
        label={t("minimum")}
        allowDeselect={false}
        readOnly={isFixed}
        comboboxProps={{ withinPortal: false }}
        data={[{ value: "0", label: t("minimumAll") }, ...enough]}
        value={String(phase.MinimumEnvironmentsBeforePromotion ?? 0)}
        onChange={(next) => onChange({ ...phase, MinimumEnvironmentsBeforePromotion: Number(next) })}
      />
      <Checkbox
        label={t("skippable")}
        disabled={isFixed}
        checked={phase.IsOptionalPhase ?? false}
        onChange={(event) => onChange({ ...phase, IsOptionalPhase: event.currentTarget.checked })}
      />
    </li>
  );
}

interface EnvironmentsProps {
  label: string;
  value: string[];
  isFixed: boolean;
  onChange: (ids: string[]) => void;
}

function Environments({ label, value, isFixed, onChange }: EnvironmentsProps) {
  const { data: environments } = useSuspenseQuery(environmentsQuery);
  return (
    <MultiSelect
      searchable
      label={label}
      data={environments.map((known) => ({ value: known.Id ?? "", label: known.Name ?? "" }))}
      value={value}
      readOnly={isFixed}
      onChange={onChange}
      comboboxProps={{ withinPortal: false }}
    />
  );
}
