/** Why a step may not run, or not like any other, as it is stored: small marks beside its name. */
import { useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { environmentsQuery } from "../../api/queries.ts";
import { ACTION_CONDITION, isDisabled, STEP_CONDITION, type Step, text } from "./model.ts";
import classes from "./StepBadges.module.css";
import { key } from "./settings/keys.ts";
import { t } from "./text.ts";

interface Badge {
  text: string;
  /** All of it, where the mark is short. */
  title?: string;
}

type Names = ReadonlyMap<string, string>;

const NAMES_MAX = 2;

function environments(ids: string[], names: Names, isBut: boolean): Badge[] {
  if (ids.length === 0) return [];
  const known = ids.map((id) => names.get(id) ?? id).join(", ");
  const all = t(isBut ? "notIn" : "onlyIn", { names: known });
  if (ids.length <= NAMES_MAX) return [{ text: all }];
  return [{ text: t(isBut ? "notInSome" : "inSome", { n: ids.length }), title: all }];
}

function condition({ Condition, Properties }: Pick<Step, "Properties"> & { Condition?: string }): Badge[] {
  if (Condition === "Failure") return [{ text: t("onFailure") }];
  if (Condition === "Always") return [{ text: t("always") }];
  const expression = text(Properties, STEP_CONDITION) || text(Properties, ACTION_CONDITION);
  return Condition === "Variable" ? [{ text: t("when", { expression }) }] : [];
}

function badgesOf(step: Step, names: Names): Badge[] {
  const all: Badge[] = isDisabled(step) ? [{ text: t("disabled") }] : [];
  all.push(...condition(step));
  for (const action of step.Actions) {
    all.push(...condition(action));
    all.push(...environments(action.Environments ?? [], names, false));
    all.push(...environments(action.ExcludedEnvironments ?? [], names, true));
    if (action.Channels?.length) all.push({ text: t("inChannels", { n: action.Channels.length }) });
    if (action.TenantTags?.length) all.push({ text: t("forTenants"), title: action.TenantTags.join(", ") });
    if (action.IsRequired) all.push({ text: t("isRequired") });
  }
  if (text(step.Properties, key.machineLock).toLowerCase() === "exclusive") all.push({ text: t("alone") });
  // Actions of one step mostly say the same.
  return all.filter((badge, at) => all.findIndex((other) => other.text === badge.text) === at);
}

/** The same object for as long as they are the same. */
export function useEnvironmentNames(): Names {
  const { data } = useQuery(environmentsQuery);
  return useMemo(() => new Map((data ?? []).map(({ Id = "", Name = "" }) => [Id, Name])), [data]);
}

export function StepBadges({ step, names }: { step: Step; names: Names }) {
  return badgesOf(step, names).map((badge) => (
    <span key={badge.text} className={classes.badge} title={badge.title}>
      {badge.text}
    </span>
  ));
}
