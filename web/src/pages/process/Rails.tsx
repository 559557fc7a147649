/** The gutter of a row: the lines of the steps that others still wait for, and where this step joins them. */
import type { PlanStep } from "./model.ts";
import classes from "./process.module.css";

const LANE = 14;
const MARGIN = 11;
/** More lanes than this are drawn closer together. */
const WIDTH_MAX = 160;

export function railsWidth(lanes: number): number {
  return Math.min(MARGIN * 2 + Math.max(0, lanes - 1) * LANE, WIDTH_MAX);
}

interface RailsProps {
  step: PlanStep;
  all: PlanStep[];
  lanes: number;
  /** The step looked at: its lines stand out. */
  lit: string | undefined;
}

export function Rails({ step, all, lanes, lit }: RailsProps) {
  const width = railsWidth(lanes);
  const gap = lanes > 1 ? Math.min(LANE, (width - 2 * MARGIN) / (lanes - 1)) : LANE;
  const x = (of: PlanStep) => MARGIN + (of.Lane ?? 0) * gap;
  const row = step.Number ?? 0;
  const bySlug = new Map(all.map((known) => [known.StepSlug, known]));
  const passing = all.filter(
    (known) => (known.RailFrom ?? 0) <= row && row <= (known.RailTo ?? 0) && known.RailTo !== known.RailFrom,
  );
  const joins = (step.WaitsFor ?? [])
    .filter((wait) => !wait.IsRedundant)
    .map((wait) => ({ wait, from: bySlug.get(wait.StepSlug) }));
  const isLit = (slug: string | undefined) => lit !== undefined && (lit === slug || lit === step.StepSlug);
  return (
    <svg className={classes.rails} width={width} aria-hidden role="presentation">
      {passing.map((known) => (
        <line
          key={known.StepSlug}
          className={lit === known.StepSlug ? classes.lit : undefined}
          x1={x(known)}
          x2={x(known)}
          y1={known.RailFrom === row ? "50%" : 0}
          y2={known.RailTo === row ? "50%" : "100%"}
        />
      ))}
      {joins.map(
        ({ wait, from }) =>
          from &&
          x(from) !== x(step) && (
            <line
              key={wait.StepSlug}
              className={isLit(wait.StepSlug) ? classes.lit : undefined}
              x1={x(from)}
              x2={x(step)}
              y1="50%"
              y2="50%"
              strokeDasharray={wait.Kind === "Implicit" ? "2 3" : undefined}
            />
          ),
      )}
      <circle className={step.IsDisabled ? classes.dotOff : classes.dot} cx={x(step)} cy="50%" r={5} />
    </svg>
  );
}
