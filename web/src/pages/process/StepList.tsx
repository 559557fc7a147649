/** The process as a list, complete on its own: order, lanes, what each step waits for, and everything one can do. */
import { useNavigate } from "@tanstack/react-router";
import { type KeyboardEvent, type PointerEvent, useMemo, useRef, useState } from "react";
import { paths } from "../../paths.ts";
import { listed } from "../../text/messages.ts";
import { BulkBar } from "./BulkBar.tsx";
import { b } from "./bulk-text.ts";
import { type Editor, nameOf } from "./editor.ts";
import * as edits from "./edits.ts";
import { type PlanStep, type Problem, type Step, slugOf } from "./model.ts";
import { type Picks, usePicks } from "./picks.ts";
import { type Rail, railsOf, railsWidth } from "./Rails.tsx";
import { removeSteps } from "./removing.ts";
import { dragRow } from "./row-drag.ts";
import { useEnvironmentNames } from "./StepBadges.tsx";
import classes from "./StepList.module.css";
import { moveStep } from "./StepMenu.tsx";
import { type RowActs, StepRow } from "./StepRow.tsx";
import { t } from "./text.ts";
import { bySlug, ranges, startsShort } from "./words.ts";

interface StepListProps {
  editor: Editor;
  shown: Step[];
  selected: string | undefined;
  /** `push` for what was clicked: Back leads to the row before. */
  onSelect: (slug: string, how?: "push") => void;
}

export function StepList({ editor, shown, selected, onSelect }: StepListProps) {
  const [hovered, setHovered] = useState<string>();
  const facts = useFacts(editor);
  const names = useEnvironmentNames();
  const picks = usePicks(useMemo(() => shown.map(slugOf), [shown]));
  const acts = useActs({ editor, picks, onSelect, onHover: setHovered });
  const lanes = editor.plan?.LaneCount ?? 1;
  const lit = hovered ?? selected;
  const litPlan = lit === undefined ? undefined : facts.of(lit).plan;
  const hasSelected = shown.some((step) => slugOf(step) === selected);
  const isAll = picks.slugs.length === shown.length;
  const rails = { "--rails": `${railsWidth(lanes)}px` } as React.CSSProperties;
  return (
    <div className={classes.frame} style={rails}>
      <div
        role="treegrid"
        aria-label={t("list")}
        aria-rowcount={shown.length + 1}
        className={classes.list}
        data-lit={litPlan !== undefined || undefined}
        data-picking={picks.slugs.length > 0 || undefined}
        onMouseLeave={() => setHovered(undefined)}
      >
        <div role="row" className={classes.head}>
          {columns.map((name) => (
            <span key={name} role="columnheader" data-column={name}>
              <span className={name === "lanes" || name === "actions" ? "visually-hidden" : undefined}>{t(name)}</span>
            </span>
          ))}
          <span role="columnheader" data-column="pick">
            <input
              type="checkbox"
              aria-label={b("chooseAll")}
              checked={isAll}
              ref={(box) => {
                if (box) box.indeterminate = picks.slugs.length > 0 && !isAll;
              }}
              onChange={picks.all}
            />
          </span>
        </div>
        {shown.map((step, index) => {
          const slug = slugOf(step);
          const { rail, ...known } = facts.of(slug);
          return (
            <StepRow
              key={slug}
              owner={editor.owner}
              step={step}
              {...known}
              {...{ rail, acts, names }}
              lit={lit !== undefined && (lit === slug || rail?.lines.has(lit)) ? lit : undefined}
              relation={relationTo(litPlan, slug)}
              {...(lit === slug && besideOf(editor, litPlan))}
              isPicked={picks.has(slug)}
              isStop={hasSelected ? slug === selected : index === 0}
              isSelected={slug === selected}
            />
          );
        })}
      </div>
      {picks.slugs.length > 0 && <BulkBar editor={editor} picks={picks} />}
    </div>
  );
}

const columns = ["lanes", "number", "step", "runsOn", "starts", "typical", "actions"] as const;

interface Fact {
  number: number;
  plan: PlanStep | undefined;
  rail: Rail | undefined;
  problems: Problem[];
  starts: string;
}

const NO_PROBLEMS: Problem[] = [];
const nothing: Fact = { number: 0, plan: undefined, rail: undefined, problems: NO_PROBLEMS, starts: "" };

/** What the server says of each step, found once for all rows. */
function useFacts({ view, plan }: Editor): { of: (slug: string) => Fact } {
  const { steps } = view;
  return useMemo(() => {
    const all = plan?.Steps ?? [];
    const plans = bySlug(all);
    const rails = railsOf(all, plan?.LaneCount ?? 1);
    const problems = new Map<string | undefined, Problem[]>();
    for (const problem of plan?.Problems ?? []) {
      const slug = problem.Steps?.[0]?.Slug;
      problems.set(slug, [...(problems.get(slug) ?? []), problem]);
    }
    const facts = new Map<string, Fact>();
    steps.forEach((step, at) => {
      const slug = slugOf(step);
      const own = plans.get(slug);
      facts.set(slug, {
        number: at + 1,
        plan: own,
        rail: rails.get(slug),
        problems: problems.get(slug) ?? NO_PROBLEMS,
        starts: startsShort(own, plans),
      });
    });
    return { of: (slug: string) => facts.get(slug) ?? nothing };
  }, [steps, plan]);
}

interface Hands {
  editor: Editor;
  picks: Picks;
  onSelect: (slug: string, how?: "push") => void;
  onHover: (slug: string | undefined) => void;
}

/** They look at what is newest when they are used. */
function useActs(hands: Hands): RowActs {
  const navigate = useNavigate();
  const latest = useRef(hands);
  latest.current = hands;
  return useMemo(() => {
    const press = (event: KeyboardEvent<HTMLElement>, step: Step) => {
      const { editor, picks, onSelect } = latest.current;
      const by = { ArrowDown: 1, j: 1, ArrowUp: -1, k: -1 }[event.key];
      if (by !== undefined && event.altKey) moveStep(editor, step, by);
      else if (by !== undefined) focusRow(event.currentTarget, by, onSelect);
      else if (event.key === "Enter") navigate({ to: paths.step(editor.owner, slugOf(step)) });
      else if (event.key === "x") picks.toggle(slugOf(step), false);
      else if (event.key === "Escape" && picks.slugs.length > 0) picks.clear();
      else if (event.key === "Delete" && editor.denied === undefined) removeSteps(editor, [step]);
      else return;
      event.preventDefault();
    };
    const grab = (event: PointerEvent<HTMLElement>, step: Step) => {
      const { editor } = latest.current;
      if (event.button !== 0 || editor.denied !== undefined) return;
      event.preventDefault();
      dragRow(event.currentTarget, event.pointerId, ({ slug, where }) => {
        latest.current.editor.edit(t("didMove", { name: step.Name }), (steps) =>
          edits.moveBeside(steps, slugOf(step), slug, where),
        );
      });
    };
    return {
      editor: () => latest.current.editor,
      press,
      grab,
      pick: (slug, isRange) => latest.current.picks.toggle(slug, isRange),
      hover: (slug) => latest.current.onHover(slug),
      focus: (slug, isSelected) => {
        // Who walks with the keys looks there, wherever the pointer was left.
        latest.current.onHover(undefined);
        if (!isSelected) latest.current.onSelect(slug);
      },
      select: (slug, how) => latest.current.onSelect(slug, how),
    };
  }, [navigate]);
}

/** How a row stands to the one looked at: before it, after it, beside it; otherwise it is none of the three. */
function relationTo(lit: PlanStep | undefined, slug: string): string | undefined {
  if (!lit) return undefined;
  if (lit.StepSlug === slug) return "self";
  if (lit.WaitsFor?.some((wait) => wait.StepSlug === slug)) return "before";
  if (lit.FollowedBy?.includes(slug)) return "after";
  if (lit.CanOverlapWith?.includes(slug)) return "beside";
  return undefined;
}

/** What may run at the same time, by number for the eye and by name for the ear. */
function besideOf(editor: Editor, lit: PlanStep | undefined) {
  const others = lit?.CanOverlapWith ?? [];
  if (others.length === 0) return undefined;
  const numbers = editor.plan?.Steps?.filter((step) => others.includes(step.StepSlug ?? "")).map((step) => step.Number);
  return {
    beside: t("overlapNote", { names: listed(others.map((other) => nameOf(editor.view.steps, other))) }),
    besideShort: t("overlapShort", { numbers: ranges((numbers ?? []).map((number) => number ?? 0)) }),
  };
}

function focusRow(from: HTMLElement, by: number, onSelect: (slug: string) => void) {
  const rows = [...(from.parentElement?.querySelectorAll<HTMLElement>("[data-slug]") ?? [])];
  const next = rows[rows.indexOf(from) + by];
  if (!next) return;
  onSelect(next.dataset.slug ?? "");
  next.focus();
}
