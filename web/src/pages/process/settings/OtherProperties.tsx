/** What a step has stored besides, as it is stored: it may decide something, and is not edited here. */
import type { Step } from "../model.ts";
import classes from "./fields.module.css";
import { hasField } from "./keys.ts";
import type { SectionProps } from "./property.ts";
import { s } from "./settings-text.ts";

type Other = [name: string, value: string];

function told(value: unknown): string {
  if (typeof value === "string") return value;
  return typeof value === "object" && value !== null && "HasValue" in value ? s("secret") : JSON.stringify(value);
}

function properties(level: "step" | "action", of: Pick<Step, "Properties">, type?: string): Other[] {
  const all = Object.entries(of.Properties ?? {}).filter(([name]) => !hasField(level, type, name));
  return all.map(([name, value]) => [name, told(value)]);
}

export function othersOf(step: Step): Other[] {
  const [action] = step.Actions;
  const others = properties("step", step);
  if (step.PackageRequirement && step.PackageRequirement !== "LetOctopusDecide")
    others.push(["PackageRequirement", step.PackageRequirement]);
  if (!action) return others;
  if (action.Container?.Image) others.push(["Container.Image", action.Container.Image]);
  return [...others, ...properties("action", action, action.ActionType)];
}

export function OtherProperties({ step }: SectionProps) {
  return (
    <dl className={classes.others}>
      {othersOf(step).map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>
            <pre className={classes.raw}>{value}</pre>
          </dd>
        </div>
      ))}
    </dl>
  );
}
