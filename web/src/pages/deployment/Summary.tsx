/** Task summary: every step with its lane, its state and the reason for it; open, its targets and attempts. */
import { useCallback, useMemo, useState } from "react";
import { useSearchState } from "../../routing.tsx";
import { Action } from "../../ui/Action.tsx";
import { Empty } from "../../ui/states.tsx";
import { tally } from "./look.ts";
import { QueueReason } from "./QueueReason.tsx";
import { railsOf, railsWidth } from "./Rails.tsx";
import { isOfRunbook, isSettled, type Step } from "./run.ts";
import { type RunFacts, StepRows } from "./StepRows.tsx";
import classes from "./summary.module.css";
import { t } from "./text.ts";
import { moveInTree } from "./tree.ts";
import type { TabProps } from "./where.ts";

const filters = {
  all: () => true,
  running: (step: Step) => step.State === "Running",
  person: (step: Step) => step.State === "Interrupted",
  failed: (step: Step) => step.State === "Failed",
  waiting: (step: Step) => step.State === "Pending" || step.State === "Ready",
  unfinished: (step: Step) => !isSettled(step.State) || step.State === "Failed",
} as const;
type Filter = keyof typeof filters;

/** What opens by itself: what failed or waits for a person, where there is more to see than the row. */
const opensItself = (step: Step) =>
  (step.State === "Failed" || step.State === "Interrupted") &&
  (step.ActionRuns.length > 1 || step.ActionRuns.some((run) => (run.Attempts?.length ?? 0) > 1));

export function Summary({ run, where }: TabProps) {
  const [show, setShow] = useSearchState<Filter>("show", "all");
  const [toggled, setToggled] = useState<Record<string, boolean>>({});
  // biome-ignore lint/correctness/useExhaustiveDependencies: what was planned stays as it is for the whole run
  const rails = useMemo(() => railsOf(run.Steps), [run.Task.Id, run.Steps.length]);
  const width = railsWidth(rails);
  const facts = useMemo<RunFacts>(
    () => ({ machines: run.Machines, startedAt: run.Task.StartTime ?? undefined }),
    [run.Machines, run.Task.StartTime],
  );
  const toggle = useCallback(
    (step: string, isOpen: boolean) => setToggled((before) => ({ ...before, [step]: isOpen })),
    [],
  );
  const matches = filters[show] ?? filters.all;
  const shown = run.Steps.map((step, row) => ({ step, rail: rails[row] })).filter(({ step }) => matches(step));
  const running = tally(run.Steps).running;
  const label = t(isOfRunbook(run) ? "stepsOfRun" : "steps");
  if (run.Steps.length === 0) return run.Queue ? <Empty text={<QueueReason queue={run.Queue} />} /> : null;
  return (
    <>
      <Chips run={run.Steps} show={show} onShow={setShow} />
      {running > 0 && <p className={classes.sideBySide}>{t("sideBySide", { n: running })}</p>}
      {/* biome-ignore lint/a11y/noNoninteractiveElementToInteractiveRole: a treegrid is a table one moves in */}
      <table className={`table ${classes.steps}`} role="treegrid" aria-label={label} onKeyDown={moveInTree}>
        <thead>
          <tr>
            <th scope="col" className={classes.lanes}>
              <span className="visually-hidden">{t("lanes")}</span>
            </th>
            <th scope="col" className="end">
              {t("number")}
            </th>
            <th scope="col">{t("step")}</th>
            <th scope="col">{t("state")}</th>
            <th scope="col">{t("targets")}</th>
            <th scope="col" className="end">
              {t("started")}
            </th>
            <th scope="col" className="end">
              {t("tookColumn")}
            </th>
          </tr>
        </thead>
        <tbody>
          {shown.map(({ step, rail }, at) => (
            <StepRows
              key={step.StepSlug}
              run={facts}
              step={step}
              where={where}
              rail={show === "all" ? rail : undefined}
              railsWidth={width}
              isFirst={at === 0}
              isOpen={toggled[step.StepSlug] ?? opensItself(step)}
              onToggle={toggle}
            />
          ))}
        </tbody>
      </table>
      {shown.length === 0 && (
        <Empty text={t("noneShown")} more={<Action onClick={() => setShow("all")}>{t("showAll")}</Action>} />
      )}
    </>
  );
}

function Chips({ run, show, onShow }: { run: Step[]; show: Filter; onShow: (filter: Filter) => void }) {
  const names = (Object.keys(filters) as Filter[]).map((name) => ({ name, n: run.filter(filters[name]).length }));
  if (names.every(({ name, n }) => name === "all" || n === 0) && show === "all") return null;
  return (
    <fieldset className={classes.chips}>
      <legend className="visually-hidden">{t("filter")}</legend>
      {names
        .filter(({ name, n }) => n > 0 || name === "all" || name === show)
        .map(({ name, n }) => (
          <button key={name} type="button" aria-pressed={name === show} onClick={() => onShow(name)}>
            {t(name)} <span className="number">{name !== "unfinished" && n}</span>
          </button>
        ))}
    </fieldset>
  );
}
