/** The gutter of a row: the lines of the steps that others still wait for, and where this step joins them. */
import type { PlanStep } from "./model.ts";
import classes from "./Rails.module.css";

const LANE = 14;
const MARGIN = 11;
/** More lanes than this are drawn closer together. */
const WIDTH_MAX = 160;

export function railsWidth(lanes: number): number {
  return Math.min(MARGIN * 2 + Math.max(0, lanes - 1) * LANE, WIDTH_MAX);
}

interface Line {
  slug: string;
  /** A piece of a path, in a row that is 100 high. */
  path: string;
  isJoin: boolean;
  isDashed: boolean;
}

/** What is drawn in one row. */
export interface Rail {
  slug: string;
  isDisabled: boolean;
  width: number;
  dot: number;
  drawn: Line[];
  /** The steps whose lines are here. */
  lines: Set<string>;
}

/** The server says in which lane a step stands and how far its line goes; here it is cut into rows, for all at once. */
export function railsOf(all: PlanStep[], lanes: number): Map<string, Rail> {
  const width = railsWidth(lanes);
  const gap = lanes > 1 ? Math.min(LANE, (width - 2 * MARGIN) / (lanes - 1)) : LANE;
  const x = (of: PlanStep) => MARGIN + (of.Lane ?? 0) * gap;
  const bySlug = new Map(all.map((known) => [known.StepSlug, known]));
  const long = all.filter((known) => known.RailTo !== known.RailFrom);
  const rails = all.map((step): [string, Rail] => {
    const row = step.Number ?? 0;
    const passing = long
      .filter((known) => (known.RailFrom ?? 0) <= row && row <= (known.RailTo ?? 0))
      .map((known) => passes(known, row, x(known)));
    const joins = (step.WaitsFor ?? []).flatMap((wait): Line[] => {
      const from = bySlug.get(wait.StepSlug);
      if (wait.IsRedundant || !from || x(from) === x(step)) return [];
      const path = `M${x(from)},50H${x(step)}`;
      return [{ slug: from.StepSlug ?? "", path, isJoin: true, isDashed: wait.Kind === "Implicit" }];
    });
    const drawn = [...passing, ...joins];
    const lines = new Set(drawn.map((line) => line.slug));
    const slug = step.StepSlug ?? "";
    return [slug, { slug, isDisabled: step.IsDisabled ?? false, width, dot: x(step), drawn, lines }];
  });
  return new Map(rails);
}

function passes(of: PlanStep, row: number, x: number): Line {
  const [from, to] = [of.RailFrom === row ? 50 : 0, of.RailTo === row ? 50 : 100];
  return { slug: of.StepSlug ?? "", path: `M${x},${from}V${to}`, isJoin: false, isDashed: false };
}

interface RailsProps {
  rail: Rail;
  /** The step looked at: its lines stand out. */
  lit: string | undefined;
}

/** All lines of a kind are one path: a row may have dozens, and there are hundreds of rows. */
export function Rails({ rail, lit }: RailsProps) {
  const { slug, width, drawn } = rail;
  const isLit = (line: Line) => lit !== undefined && (lit === line.slug || (line.isJoin && lit === slug));
  const path = (isBright: boolean, isDashed: boolean) => {
    const lines = drawn.filter((line) => line.isDashed === isDashed && isLit(line) === isBright);
    if (lines.length === 0) return null;
    return (
      <path
        className={isBright ? classes.lit : undefined}
        strokeDasharray={isDashed ? "2 3" : undefined}
        d={lines.map((line) => line.path).join("")}
      />
    );
  };
  return (
    <svg className={classes.rails} width={width} aria-hidden role="presentation">
      <svg viewBox={`0 0 ${width} 100`} preserveAspectRatio="none" width={width} height="100%" role="presentation">
        {path(false, false)}
        {path(false, true)}
        {path(true, false)}
        {path(true, true)}
      </svg>
      <circle className={rail.isDisabled ? classes.dotOff : classes.dot} cx={rail.dot} cy="50%" r={5} />
    </svg>
  );
}
