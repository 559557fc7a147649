/** The rows of one step: the step, and when open each action on each target with its attempts. */
import { ChevronRight } from "lucide-react";
import { memo } from "react";
import { clock, duration, exactClock, exactDuration } from "../../format.ts";
import { paths } from "../../paths.ts";
import { ListLink } from "../../ui/ListLink.tsx";
import { type State, Status, stateWord } from "../../ui/Status.tsx";
import { useNow } from "../../ui/Time.tsx";
import { machineName, stateOf, stateOfAttempt, wordsOf, wordsOfAction } from "./look.ts";
import { type Rail, RailBetween, RailCell } from "./Rails.tsx";
import { type ActionRun, type Attempt, isSettled, type Run, type Step, took } from "./run.ts";
import classes from "./summary.module.css";
import { t } from "./text.ts";
import type { Where } from "./where.ts";

/** What rows look up of the run; the same object while it stays the same. */
export interface RunFacts {
  machines: Run["Machines"];
  startedAt: string | undefined;
}

interface Props {
  run: RunFacts;
  step: Step;
  where: Where;
  rail: Rail | undefined;
  railsWidth: number;
  isFirst: boolean;
  isOpen: boolean;
  onToggle: (step: string, isOpen: boolean) => void;
}

/** Drawn again only when something about its own step changes. */
export const StepRows = memo(function StepRows(props: Props) {
  const { run, step, where, rail, railsWidth, isFirst, isOpen, onToggle } = props;
  const state = stateOf(step);
  const canOpen = step.ActionRuns.some((action) => action.StartedAt || action.Waiting || action.Message);
  return (
    <>
      <tr
        aria-level={1}
        aria-expanded={canOpen ? isOpen : undefined}
        tabIndex={isFirst ? 0 : -1}
        className={classes.step}
        data-state={state}
      >
        {/* The lines are drawn over the cell and give it no width of their own. */}
        <td className={classes.lanes} style={{ inlineSize: railsWidth + 12, minInlineSize: railsWidth + 12 }}>
          {rail && <RailCell rail={rail} state={state} />}
        </td>
        <td className={`end number ${classes.number}`}>{step.Number}</td>
        <td className={classes.name}>
          {canOpen ? (
            <button
              type="button"
              tabIndex={-1}
              data-toggle
              className={classes.toggle}
              aria-label={t(isOpen ? "collapse" : "expand", { step: step.StepName })}
              onClick={() => onToggle(step.StepSlug, !isOpen)}
            >
              <ChevronRight size={14} aria-hidden data-open={isOpen} />
            </button>
          ) : (
            <span className={classes.toggle} />
          )}
          <ListLink to={paths.deployment(where.owner, where.n, "log", { step: step.StepSlug })} tabIndex={-1}>
            {step.StepName}
          </ListLink>
        </td>
        <StateCell state={state} words={wordsOf(step)} />
        <td className={classes.targets}>
          <Targets run={run} step={step} />
        </td>
        <StartedCell run={run} step={step} />
        <TookCell of={step} />
      </tr>
      {isOpen &&
        canOpen &&
        step.ActionRuns.map((action) => (
          <ActionRows key={`${action.ActionSlug} ${action.MachineId}`} {...{ run, step, action, where, rail }} />
        ))}
    </>
  );
});

/** What is filled stays one word, once a step; the reason stands beside it. */
function StateCell({ state, words, isPart }: { state: State; words: string | undefined; isPart?: boolean }) {
  const isFilled = state === "failed" || state === "person";
  return (
    <td className={classes.state}>
      {isFilled && isPart ? (
        <span className={classes.part}>
          <Status state={state} iconOnly /> {words ?? stateWord(state)}
        </span>
      ) : isFilled ? (
        <>
          <Status state={state} /> {words && <span className={classes.reason}>{words}</span>}
        </>
      ) : (
        <Status state={state} {...(words && { label: words })} />
      )}
    </td>
  );
}

const NAMED_MAX = 4;

function Targets({ run, step }: { run: RunFacts; step: Step }) {
  if (step.MachineIds.length === 0) return <span className="muted">{t("onWorker")}</span>;
  const byMachine = step.MachineIds.slice(0, NAMED_MAX).map((id) => ({
    id,
    state: worst(step.ActionRuns.filter((action) => action.MachineId === id)),
  }));
  return (
    <span className={classes.machines}>
      {byMachine.map(({ id, state }) => (
        <span key={id} className={classes.machine}>
          {state && <Status state={state} iconOnly />}
          {machineName(run.machines, id)}
        </span>
      ))}
      {step.MachineIds.length > NAMED_MAX && <span className="muted">+{step.MachineIds.length - NAMED_MAX}</span>}
    </span>
  );
}

/** One sign for a machine: of what its actions are in, the one that matters most; none before anything happened. */
function worst(runs: ActionRun[]): State | undefined {
  const states = runs.map((run) => stateOf(run));
  const order: State[] = ["person", "failed", "running", "held", "warning", "cancelled"];
  const found = order.find((state) => states.includes(state));
  if (found) return found;
  if (runs.length > 0 && states.every((state) => state === "succeeded" || state === "skipped")) return states[0];
  return undefined;
}

function StartedCell({ run, step }: { run: RunFacts; step: Step }) {
  const begin = run.startedAt ? Date.parse(run.startedAt) : undefined;
  if (begin === undefined) return <td className="end number" />;
  if (step.StartedAt) return <td className="end number">{exactClock(Date.parse(step.StartedAt) - begin)}</td>;
  const expected = step.Expected;
  if (isSettled(step.State) || !expected || expected.IsGuessed) return <td className="end number" />;
  const time = clock(Date.parse(expected.Starts.To) - begin);
  return (
    <td className={`end number ${classes.expected}`} title={t("expectedAtText", { time })}>
      <span aria-hidden>{t("expectedAt", { time })}</span>
      <span className="visually-hidden">{t("expectedAtText", { time })}</span>
    </td>
  );
}

interface Timed {
  StartedAt?: string;
  EndedAt?: string;
  State?: string;
}

function TookCell({ of }: { of: Timed }) {
  if (of.State === "Skipped" || !of.StartedAt) return <td className="end number" />;
  return <td className="end number">{of.EndedAt ? exactDuration(took(of, 0) ?? 0) : <Taking of={of} />}</td>;
}

/** Of hundreds of rows only those that run look at the clock. */
function Taking({ of }: { of: Timed }) {
  return duration(took(of, useNow()) ?? 0);
}

interface ActionProps {
  run: RunFacts;
  step: Step;
  action: ActionRun;
  where: Where;
  rail: Rail | undefined;
}

function ActionRows({ run, step, action, where, rail }: ActionProps) {
  const name = step.Actions.find((known) => known.ActionSlug === action.ActionSlug)?.ActionName ?? action.ActionSlug;
  const target = machineName(run.machines, action.MachineId);
  const attempts = action.Attempts ?? [];
  const text = step.Actions.length > 1 ? `${target} · ${name}` : target;
  const log = paths.logLines(where.owner, where.n, {
    step: step.StepSlug,
    target: action.MachineId ? target : "worker",
    attempt: attempts.at(-1)?.Number ?? 1,
  });
  return (
    <>
      <tr aria-level={2} tabIndex={-1} className={classes.action} data-state={stateOf(action)}>
        <td className={classes.lanes}>{rail && <RailBetween rail={rail} />}</td>
        <td />
        <td className={classes.name}>{attempts.length > 0 ? <ListLink to={log}>{text}</ListLink> : text}</td>
        <StateCell state={stateOf(action)} words={wordsOfAction(action) ?? failure(action)} isPart />
        <td />
        <td className="end number">{action.StartedAt && run.startedAt && since(run.startedAt, action.StartedAt)}</td>
        <TookCell of={action} />
      </tr>
      {attempts.length > 1 &&
        attempts.map((attempt) => <AttemptRow key={attempt.Number} {...{ run, attempt, rail }} />)}
    </>
  );
}

const since = (start: string, at: string) => exactClock(Date.parse(at) - Date.parse(start));

function failure(action: ActionRun): string | undefined {
  return action.State === "Failed" ? action.Attempts?.at(-1)?.Message : undefined;
}

function AttemptRow({ run, attempt, rail }: { run: RunFacts; attempt: Attempt; rail: Rail | undefined }) {
  return (
    <tr aria-level={3} tabIndex={-1} className={classes.attempt}>
      <td className={classes.lanes}>{rail && <RailBetween rail={rail} />}</td>
      <td />
      <td className={classes.name}>{t("attempt", { n: attempt.Number })}</td>
      <StateCell state={stateOfAttempt(attempt)} words={attempt.Message} isPart />
      <td />
      <td className="end number">{attempt.StartedAt && run.startedAt && since(run.startedAt, attempt.StartedAt)}</td>
      <TookCell of={attempt} />
    </tr>
  );
}
