/** The plan of a deployment as bars: when each step is expected to run. Drawn from what the server's simulator answers. */
import { Checkbox } from "@mantine/core";
import { clock, duration } from "../../format.ts";
import { listed } from "../../text/messages.ts";
import type { Plan, PlanStep } from "./queries.ts";
import classes from "./releases.module.css";
import { t } from "./text.ts";

interface Props {
  plan: Plan;
  /** Slugs of steps left out. */
  left: string[];
  onLeave: (slug: string, isOut: boolean) => void;
}

export function PlanView({ plan, left, onLeave }: Props) {
  const total = Math.max(1, plan.ExpectedMs ?? 0, ...plan.Steps.map((step) => step.EndsAfterMs ?? 0));
  const name = new Map(plan.Steps.map((step) => [step.StepSlug, step.StepName]));
  return (
    <ol className={classes.plan} aria-label={t("planTable")}>
      {plan.Steps.map((step, at) => (
        <li key={step.StepId} className={classes.planRow}>
          <div className={classes.planName}>
            <Checkbox
              size="xs"
              checked={!left.includes(step.StepSlug)}
              disabled={step.Actions.some((action) => action.IsRequired)}
              aria-label={t("excludeStep", { step: step.StepName })}
              onChange={(event) => onLeave(step.StepSlug, !event.currentTarget.checked)}
            />
            <span className={step.Skip ? classes.out : undefined}>
              {at + 1} {step.StepName}
            </span>
          </div>
          <div className={classes.track}>
            <Bar step={step} total={total} isCritical={plan.CriticalPath?.includes(step.StepSlug) ?? false} />
            <span className="visually-hidden">{words(step, name)}</span>
            {step.Skip && <span className="meta">{t("skipped", { why: step.Skip })}</span>}
          </div>
        </li>
      ))}
    </ol>
  );
}

function words(step: PlanStep, name: Map<string, string>): string {
  if (step.Skip || step.StartsAfterMs == null) return "";
  const waits = step.WaitsFor.map((slug) => name.get(slug) ?? slug);
  const after = waits.length === 0 ? t("atStart") : t("waitsFor", { steps: listed(waits) });
  const time = t("timeOf", { start: clock(step.StartsAfterMs), end: clock(step.EndsAfterMs ?? step.StartsAfterMs) });
  return `${time}, ${after}`;
}

function Bar({ step, total, isCritical }: { step: PlanStep; total: number; isCritical: boolean }) {
  if (step.StartsAfterMs == null || step.EndsAfterMs == null) return null;
  const from = (step.StartsAfterMs / total) * 100;
  const width = Math.max(0.4, ((step.EndsAfterMs - step.StartsAfterMs) / total) * 100);
  return (
    <svg aria-hidden preserveAspectRatio="none" viewBox="0 0 100 28">
      <title>{duration(step.EndsAfterMs - step.StartsAfterMs)}</title>
      <rect
        className={isCritical ? `${classes.bar} ${classes.critical}` : classes.bar}
        x={from}
        y={7}
        width={width}
        height={14}
        rx={0.3}
      />
    </svg>
  );
}
