/** The lanes beside the list of steps: how the dependencies run from row to row. The words beside them say the same. */
import classes from "./summary.module.css";

const LANE_PX = 16;

export interface RailStep {
  StepSlug: string;
  Lane: number;
  WaitsFor: { StepSlug: string; IsRedundant: boolean }[];
}

export interface Rail {
  lane: number;
  /** Lanes that go on through the row, that come from above and that go on below. */
  through: number[];
  fromAbove: number[];
  below: number[];
}

/** A line leaves a step downwards in its lane and turns into the row of each step that waits for it. */
export function railsOf(steps: RailStep[]): Rail[] {
  const rowOf = new Map(steps.map((step, row) => [step.StepSlug, row]));
  const rails = steps.map((step) => ({
    lane: step.Lane,
    through: new Set<number>(),
    fromAbove: new Set<number>(),
    below: new Set<number>(),
  }));
  steps.forEach((step, row) => {
    for (const wait of step.WaitsFor) {
      const from = rowOf.get(wait.StepSlug);
      if (from === undefined || wait.IsRedundant || from >= row) continue;
      const lane = steps[from]?.Lane ?? 0;
      rails[from]?.below.add(lane);
      rails[row]?.fromAbove.add(lane);
      for (let between = from + 1; between < row; between++) rails[between]?.through.add(lane);
    }
  });
  return rails.map((rail) => ({
    lane: rail.lane,
    through: [...rail.through],
    fromAbove: [...rail.fromAbove],
    below: [...rail.below],
  }));
}

const at = (lane: number) => lane * LANE_PX + LANE_PX / 2;

export const railsWidth = (rails: Rail[]) => (Math.max(0, ...rails.map((rail) => rail.lane)) + 1) * LANE_PX;

export function RailCell({ rail, state }: { rail: Rail; state: string }) {
  return (
    <span className={classes.rails} aria-hidden>
      {rail.through.map((lane) => (
        <i key={`t${lane}`} className={classes.rail} style={{ insetInlineStart: at(lane), top: 0, bottom: 0 }} />
      ))}
      {rail.fromAbove.map((lane) => (
        <i key={`a${lane}`} className={classes.rail} style={{ insetInlineStart: at(lane), top: 0, height: "18px" }} />
      ))}
      {rail.fromAbove
        .filter((lane) => lane !== rail.lane)
        .map((lane) => (
          <i
            key={`h${lane}`}
            className={classes.turn}
            style={{
              insetInlineStart: Math.min(at(lane), at(rail.lane)),
              inlineSize: Math.abs(at(lane) - at(rail.lane)),
            }}
          />
        ))}
      {rail.below.map((lane) => (
        <i key={`b${lane}`} className={classes.rail} style={{ insetInlineStart: at(lane), top: "18px", bottom: 0 }} />
      ))}
      <i className={classes.dot} data-state={state} style={{ insetInlineStart: at(rail.lane) }} />
    </span>
  );
}

/** Between the rows of a step: what goes on below it. */
export function RailBetween({ rail }: { rail: Rail }) {
  const lanes = new Set([...rail.through, ...rail.below]);
  return (
    <span className={classes.rails} aria-hidden>
      {[...lanes].map((lane) => (
        <i key={lane} className={classes.rail} style={{ insetInlineStart: at(lane), top: 0, bottom: 0 }} />
      ))}
    </span>
  );
}
