/** The lanes beside the list of steps: how the dependencies run from row to row. The words beside them say the same. */
import type { Step } from "./run.ts";
import classes from "./summary.module.css";

const LANE_PX = 16;

type RailStep = Pick<Step, "Number" | "StepSlug" | "Lane" | "RailFrom" | "RailTo" | "WaitsFor">;

export interface Rail {
  lane: number;
  /** Lanes with a line in the upper and in the lower half of the row. */
  above: number[];
  below: number[];
  /** Lanes of the steps it waits for, whose lines turn in to it. */
  turns: number[];
}

/** The server says in which lane a step stands and how far its line goes; here it is cut into rows. */
export function railsOf(steps: RailStep[]): Rail[] {
  const laneOf = new Map(steps.map((step) => [step.StepSlug, step.Lane]));
  return steps.map(({ Number: row, Lane: lane, WaitsFor }) => ({
    lane,
    above: steps.filter((line) => line.RailFrom < row && row <= line.RailTo).map((line) => line.Lane),
    below: steps.filter((line) => line.RailFrom <= row && row < line.RailTo).map((line) => line.Lane),
    turns: WaitsFor.filter((wait) => !wait.IsRedundant)
      .map((wait) => laneOf.get(wait.StepSlug) ?? lane)
      .filter((from) => from !== lane),
  }));
}

const at = (lane: number) => lane * LANE_PX + LANE_PX / 2;

export const railsWidth = (rails: Rail[]) => (Math.max(0, ...rails.map((rail) => rail.lane)) + 1) * LANE_PX;

export function RailCell({ rail, state }: { rail: Rail; state: string }) {
  return (
    <span className={classes.rails} aria-hidden>
      {rail.above.map((lane) => (
        <i key={`a${lane}`} className={classes.rail} style={{ insetInlineStart: at(lane), top: 0, height: "18px" }} />
      ))}
      {rail.turns.map((lane) => (
        <i
          key={`t${lane}`}
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
  return (
    <span className={classes.rails} aria-hidden>
      {rail.below.map((lane) => (
        <i key={lane} className={classes.rail} style={{ insetInlineStart: at(lane), top: 0, bottom: 0 }} />
      ))}
    </span>
  );
}
