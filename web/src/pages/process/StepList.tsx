/** The process as a list, complete on its own: order, lanes, what each step waits for, and everything one can do. */
import { Link, useNavigate } from "@tanstack/react-router";
import { Tally3 } from "lucide-react";
import { type KeyboardEvent, useState } from "react";
import { paths } from "../../paths.ts";
import { listed } from "../../text/messages.ts";
import { type Editor, nameOf, planOf, problemsOf } from "./editor.ts";
import { isDisabled, isParallel, type PlanStep, type Step, slugOf } from "./model.ts";
import { ProblemIcon } from "./Problems.tsx";
import classes from "./process.module.css";
import { Rails, railsWidth } from "./Rails.tsx";
import { moveStep, removeStep, StepMenu } from "./StepMenu.tsx";
import { t } from "./text.ts";
import { runsOn, startsShort, typical } from "./words.ts";

interface StepListProps {
  editor: Editor;
  shown: Step[];
  selected: string | undefined;
  onSelect: (slug: string) => void;
}

export function StepList({ editor, shown, selected, onSelect }: StepListProps) {
  const [hovered, setHovered] = useState<string>();
  const lanes = editor.plan?.LaneCount ?? 1;
  const lit = hovered ?? selected;
  const columns = `${railsWidth(lanes)}px 32px minmax(160px, 2.2fr) minmax(96px, 1fr) minmax(150px, 1.6fr) 76px 40px`;
  const narrow = `${railsWidth(lanes)}px 28px minmax(120px, 2fr) minmax(72px, 0.8fr) minmax(110px, 1.4fr) 32px`;
  return (
    <div
      role="treegrid"
      aria-label={t("list")}
      aria-rowcount={shown.length + 1}
      className={classes.list}
      style={{ "--columns": columns, "--narrow": narrow, "--rails": `${railsWidth(lanes)}px` } as React.CSSProperties}
      onMouseLeave={() => setHovered(undefined)}
    >
      <div role="row" className={classes.head}>
        {(["lanes", "number", "step", "runsOn", "starts", "typical", "actions"] as const).map((name) => (
          <span key={name} role="columnheader" data-column={name}>
            <span className={name === "lanes" || name === "actions" ? "visually-hidden" : undefined}>{t(name)}</span>
          </span>
        ))}
      </div>
      {shown.map((step, index) => (
        <Row
          key={slugOf(step)}
          {...{ editor, step, lanes, lit }}
          isFirst={
            selected === undefined || !shown.some((known) => slugOf(known) === selected) ? index === 0 : undefined
          }
          isSelected={slugOf(step) === selected}
          onSelect={onSelect}
          onHover={setHovered}
        />
      ))}
    </div>
  );
}

interface RowProps {
  editor: Editor;
  step: Step;
  lanes: number;
  lit: string | undefined;
  isFirst: boolean | undefined;
  isSelected: boolean;
  onSelect: (slug: string) => void;
  onHover: (slug: string) => void;
}

function Row({ editor, step, lanes, lit, isFirst, isSelected, onSelect, onHover }: RowProps) {
  const navigate = useNavigate();
  const slug = slugOf(step);
  const all = editor.plan?.Steps ?? [];
  const plan = planOf(editor, slug);
  const problems = problemsOf(editor, slug);
  const relation = relationTo(lit, plan);
  const number = editor.view.steps.indexOf(step) + 1;
  const press = (event: KeyboardEvent<HTMLElement>) => {
    if (event.target !== event.currentTarget) return;
    const by = { ArrowDown: 1, j: 1, ArrowUp: -1, k: -1 }[event.key];
    if (by !== undefined && event.altKey) moveStep(editor, step, by);
    else if (by !== undefined) focusRow(event.currentTarget, by, onSelect);
    else if (event.key === "Enter") navigate({ to: paths.step(editor.project, slug) });
    else if (event.key === "Delete" && editor.denied === undefined) removeStep(editor, step);
    else return;
    event.preventDefault();
  };
  return (
    <div
      role="row"
      tabIndex={isSelected || isFirst ? 0 : -1}
      aria-selected={isSelected}
      aria-level={1}
      aria-rowindex={number + 1}
      data-slug={slug}
      data-relation={relation}
      className={classes.row}
      onKeyDown={press}
      onMouseEnter={() => onHover(slug)}
      onFocus={(event) => event.target === event.currentTarget && !isSelected && onSelect(slug)}
    >
      <span role="gridcell" data-column="lanes">
        {plan && <Rails step={plan} all={all} lanes={lanes} lit={lit} />}
      </span>
      <span role="gridcell" data-column="number" className="number">
        {number}
      </span>
      <span role="rowheader" data-column="step" className={classes.name}>
        <Link to={paths.step(editor.project, slug)}>{step.Name}</Link>
        {isDisabled(step) && <span className={classes.badge}>{t("disabled")}</span>}
        {problems.map((problem) => (
          <span key={`${problem.Kind} ${problem.Message}`} title={problem.Message} className={classes.rowProblem}>
            <ProblemIcon level={problem.Level} />
            <span className="visually-hidden">{problem.Message}</span>
          </span>
        ))}
      </span>
      <span role="gridcell" data-column="runsOn">
        {runsOn(plan)}
      </span>
      <span role="gridcell" data-column="starts">
        {isParallel(step) && <Tally3 className={classes.parallel} size={15} aria-hidden />}
        {startsShort(plan, all)}
        {lit === slug && plan?.CanOverlapWith && plan.CanOverlapWith.length > 0 && (
          <span className="visually-hidden">
            {`; ${t("overlapNote", { names: listed(plan.CanOverlapWith.map((other) => nameOf(editor.view.steps, other))) })}`}
          </span>
        )}
      </span>
      <span role="gridcell" data-column="typical" className="number">
        {typical(plan)}
      </span>
      <span role="gridcell" data-column="actions">
        <StepMenu editor={editor} step={step} />
      </span>
    </div>
  );
}

/** How a row stands to the one looked at: before it, after it, beside it, or neither. */
function relationTo(lit: string | undefined, plan: PlanStep | undefined): string | undefined {
  if (lit === undefined || !plan) return undefined;
  if (plan.StepSlug === lit) return "self";
  if (plan.FollowedBy?.includes(lit)) return "before";
  if (plan.WaitsFor?.some((wait) => wait.StepSlug === lit)) return "after";
  if (plan.CanOverlapWith?.includes(lit)) return "beside";
  return "other";
}

function focusRow(from: HTMLElement, by: number, onSelect: (slug: string) => void) {
  const rows = [...(from.parentElement?.querySelectorAll<HTMLElement>("[data-slug]") ?? [])];
  const next = rows[rows.indexOf(from) + by];
  if (!next) return;
  onSelect(next.dataset.slug ?? "");
  next.focus();
}
