/** A plan in figures: how many steps, how long, and what running side by side saves. */
import { isWorthSaying } from "../../figures.ts";
import { duration } from "../../format.ts";
import type { Plan } from "./queries.ts";
import classes from "./releases.module.css";
import { t } from "./text.ts";

/** What the plan comes to. How long it takes is told by past runs alone: without them there is no figure. */
export function Totals({ plan }: { plan: Plan }) {
  const skipped = plan.Steps.filter((step) => step.Skip).length;
  const ran = plan.Steps.length - skipped;
  const hasHistory = plan.Steps.some((step) => step.Actions.some((action) => action.ExpectedMs != null));
  return (
    <div className={classes.totals}>
      <span>{t("summary", { n: ran, targets: plan.Machines.length, skipped })}</span>
      {hasHistory && <Times plan={plan} />}
      {plan.AtOnceMax != null && <span>{t("atOnce", { n: plan.AtOnceMax })}</span>}
      {!hasHistory && <span className="muted">{t("noHistoryYet")}</span>}
    </div>
  );
}

function Times({ plan }: { plan: Plan }) {
  const saved = plan.SavedMs ?? 0;
  return (
    <>
      {plan.ExpectedMs != null && <strong>{t("expected", { time: duration(plan.ExpectedMs) })}</strong>}
      {hasRange(plan) && (
        <span className="muted">
          {t("range", {
            from: duration(plan.Expected?.FromMs ?? 0),
            to: duration(plan.Expected?.ToMs ?? 0),
            n: plan.Runs,
          })}
        </span>
      )}
      {plan.OneByOneMs != null && <span>{t("oneByOne", { time: duration(plan.OneByOneMs) })}</span>}
      {isWorthSaying(saved, plan.OneByOneMs) ? (
        <span>{t("saves", { time: duration(saved) })}</span>
      ) : (
        <span className="muted">{t("chain")}</span>
      )}
    </>
  );
}

/** Fewer runs say nothing about how much it varies. */
const RUNS_MIN = 3;

function hasRange(plan: Plan): boolean {
  const { FromMs = 0, ToMs = 0 } = plan.Expected ?? {};
  return plan.Runs >= RUNS_MIN && duration(FromMs) !== duration(ToMs);
}
