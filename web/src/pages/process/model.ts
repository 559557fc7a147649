/** The process as the editor holds it, and what the server says of it. No rule about steps is decided here. */
import type { Schemas } from "../../api/client.ts";

export type Process = Schemas["DeploymentProcess"];
export type Step = Schemas["Step"];
export type ProcessPlan = Schemas["ProcessPlan"];
export type PlanStep = Schemas["ProcessPlanStep"];
export type Problem = Schemas["ProcessProblem"];
export type Fix = Schemas["ProblemFix"];

export const DEPENDS_ON = "Regatta.Step.DependsOn";
export const TARGET_TAGS = "Octopus.Action.TargetRoles";
export const STEP_CONDITION = "Octopus.Step.ConditionVariableExpression";
/** The same as older exports have it, on steps and on actions. */
export const ACTION_CONDITION = "Octopus.Action.ConditionVariableExpression";

export function slugOf(step: Step): string {
  return step.Slug ?? "";
}

export function isParallel(step: Step): boolean {
  return step.StartTrigger === "StartWithPrevious";
}

/** The dependency list as stored: `undefined` when it is not set. A list nobody can read counts as not set. */
export function dependencies(step: Step): string[] | undefined {
  const stored = step.Properties?.[DEPENDS_ON];
  if (typeof stored !== "string") return undefined;
  try {
    const list: unknown = JSON.parse(stored);
    return Array.isArray(list) ? list.filter((slug): slug is string => typeof slug === "string") : undefined;
  } catch {
    return undefined;
  }
}

export function isDisabled(step: Step): boolean {
  return step.Actions.length > 0 && step.Actions.every((action) => action.IsDisabled);
}

/** A text property; sensitive values have no text. */
export function text(properties: Step["Properties"], name: string): string {
  const value = properties?.[name];
  return typeof value === "string" ? value : "";
}

/** A slug for a new step, as the server would make it: small letters, digits and dashes, and not taken. */
export function newSlug(name: string, taken: string[]): string {
  const plain =
    name
      .normalize("NFKD")
      .toLowerCase()
      .replace(/[^a-z0-9]+/g, "-")
      .replace(/^-+|-+$/g, "") || "step";
  let slug = plain;
  for (let n = 2; taken.includes(slug); n++) slug = `${plain}-${n}`;
  return slug;
}
