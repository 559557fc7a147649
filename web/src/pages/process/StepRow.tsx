/**
 * One step of the list. Everything it shows is handed to it as plain values that stay the same until something about
 * this step changes, so that a list of hundreds draws only the rows that do.
 */
import { GripVertical, Tally3 } from "lucide-react";
import { type KeyboardEvent, memo, type PointerEvent, useState } from "react";
import { type Owner, paths } from "../../paths.ts";
import { ListLink } from "../../ui/ListLink.tsx";
import { b } from "./bulk-text.ts";
import type { Editor } from "./editor.ts";
import { isParallel, type PlanStep, type Problem, type Step, slugOf } from "./model.ts";
import { ProblemIcon } from "./Problems.tsx";
import { type Rail, Rails } from "./Rails.tsx";
import { StepBadges } from "./StepBadges.tsx";
import classes from "./StepList.module.css";
import { StepMenu } from "./StepMenu.tsx";
import { kindOf } from "./step-kinds.ts";
import { t } from "./text.ts";
import { runsOn, typical } from "./words.ts";

/** What a row may do; the same object for as long as the list is there. */
export interface RowActs {
  editor: () => Editor;
  press: (event: KeyboardEvent<HTMLElement>, step: Step) => void;
  grab: (event: PointerEvent<HTMLElement>, step: Step) => void;
  pick: (slug: string, isRange: boolean) => void;
  hover: (slug: string) => void;
  focus: (slug: string, isSelected: boolean) => void;
  /** `push` for what was clicked: Back leads to the row before. */
  select: (slug: string, how?: "push") => void;
}

interface RowProps {
  owner: Owner;
  step: Step;
  number: number;
  plan: PlanStep | undefined;
  rail: Rail | undefined;
  problems: Problem[];
  /** What it waits for, in short. */
  starts: string;
  /** The step looked at, if it is this one or its line passes here. */
  lit: string | undefined;
  /** How it stands to the step looked at. */
  relation: string | undefined;
  /** For the step looked at: what may run at the same time. */
  beside?: string;
  besideShort?: string;
  /** Environments by id. */
  names: ReadonlyMap<string, string>;
  isPicked: boolean;
  isStop: boolean;
  isSelected: boolean;
  acts: RowActs;
}

export const StepRow = memo(function StepRow(props: RowProps) {
  const { step, number, plan, rail, starts, isSelected, acts } = props;
  const slug = slugOf(step);
  return (
    <div
      role="row"
      tabIndex={props.isStop ? 0 : -1}
      aria-selected={isSelected}
      aria-level={1}
      aria-rowindex={number + 1}
      data-slug={slug}
      data-relation={props.relation}
      data-picked={props.isPicked || undefined}
      className={classes.row}
      onKeyDown={(event) => event.target === event.currentTarget && acts.press(event, step)}
      onMouseEnter={() => acts.hover(slug)}
      onMouseDown={(event) => {
        // Links and menus in the row lead elsewhere.
        const isElsewhere = (event.target as HTMLElement).closest("a, button, input") !== null;
        if (!isSelected && !isElsewhere) acts.select(slug, "push");
      }}
      onFocus={(event) => event.target === event.currentTarget && acts.focus(slug, isSelected)}
    >
      <span role="gridcell" data-column="lanes">
        {rail && <Rails rail={rail} lit={props.lit} />}
      </span>
      <span role="gridcell" data-column="number" className="number">
        {number}
      </span>
      <NameCell {...props} />
      <span role="gridcell" data-column="runsOn">
        {runsOn(plan)}
      </span>
      <span role="gridcell" data-column="starts">
        {isParallel(step) && <Tally3 className={classes.parallel} size={15} aria-hidden />}
        {starts}
        {props.beside && (
          <span className={classes.beside}>
            <span className="visually-hidden">{`; ${props.beside}`}</span>
            <span aria-hidden>{props.besideShort}</span>
          </span>
        )}
      </span>
      <span role="gridcell" data-column="typical" className="number">
        {typical(plan)}
      </span>
      <span role="gridcell" data-column="actions">
        <span className={classes.grip} aria-hidden title={t("drag")} onPointerDown={(event) => acts.grab(event, step)}>
          <GripVertical size={15} />
        </span>
        <MenuCell step={step} acts={acts} />
      </span>
      <span role="gridcell" data-column="pick">
        <input
          type="checkbox"
          tabIndex={-1}
          aria-label={b("choose", { name: step.Name })}
          checked={props.isPicked}
          onChange={() => undefined}
          onClick={(event) => acts.pick(slug, event.shiftKey)}
        />
      </span>
    </div>
  );
});

function NameCell({ owner, step, names, problems }: RowProps) {
  const { name, Icon } = kindOf(step);
  return (
    <span role="rowheader" data-column="step" className={classes.name}>
      <Icon size={15} strokeWidth={1.6} className={classes.kind} aria-hidden />
      <ListLink to={paths.step(owner, slugOf(step))}>{step.Name}</ListLink>
      <span className="visually-hidden">{name}</span>
      <StepBadges step={step} names={names} />
      {problems.map((problem) => (
        <span
          key={`${problem.Kind} ${problem.Message}`}
          title={problem.Message}
          data-level={problem.Level}
          className={classes.rowProblem}
        >
          <ProblemIcon level={problem.Level} />
          <span className="visually-hidden">{problem.Message}</span>
        </span>
      ))}
    </span>
  );
}

/** A menu is as much work as the rest of the row, so there is only a button until somebody wants it. */
function MenuCell({ step, acts }: { step: Step; acts: RowActs }) {
  const [isWanted, setWanted] = useState(false);
  if (isWanted) return <StepMenu editor={acts.editor()} step={step} />;
  return (
    <button
      type="button"
      className={classes.more}
      aria-haspopup="menu"
      aria-expanded={false}
      aria-label={t("actionsOf", { name: step.Name })}
      onClick={() => setWanted(true)}
    >
      <span aria-hidden>⋯</span>
    </button>
  );
}
