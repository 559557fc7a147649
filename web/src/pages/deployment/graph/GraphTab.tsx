/**
 * The whole plan as a graph from the first second. Where the cards are is settled once; while the deployment runs only
 * their states change, and lines become solid when what they wait for is complete.
 */
import { useNavigate } from "@tanstack/react-router";
import { Maximize2, Minus, Plus } from "lucide-react";
import { type KeyboardEvent, useEffect, useMemo, useRef, useState } from "react";
import { duration } from "../../../format.ts";
import { type DeploymentTab, paths } from "../../../paths.ts";
import { useSearchState } from "../../../routing.tsx";
import { listed } from "../../../text/messages.ts";
import { Action, LinkAction } from "../../../ui/Action.tsx";
import { Status, stateWord } from "../../../ui/Status.tsx";
import { Empty } from "../../../ui/states.tsx";
import { useNow } from "../../../ui/Time.tsx";
import { cardOf, type Direction, neighbour } from "../../process/graph/graph-walk.ts";
import { CARD, type Card, type Layout, layout } from "../../process/graph/layout.ts";
import { stateOf, wordsOf } from "../look.ts";
import { isOfRunbook, isSettled, type Run, type Step, took } from "../run.ts";
import type { TabProps } from "../where.ts";
import classes from "./graph.module.css";
import { t } from "./text.ts";

const ARROWS: Record<string, Direction> = {
  ArrowRight: "next",
  ArrowLeft: "previous",
  ArrowUp: "up",
  ArrowDown: "down",
  Home: "first",
  End: "last",
};

/** The keys of the other views: a list box keeps letters and digits to itself, so they are passed on here. */
const TABS: Record<string, DeploymentTab> = { "1": "summary", "3": "timeline", "4": "log" };

/** The plan of a run never changes, so neither does its picture. */
function usePicture(run: Run): Layout {
  const key = run.Steps.map((step) => step.StepSlug).join(" ");
  // biome-ignore lint/correctness/useExhaustiveDependencies: new states make no new picture
  return useMemo(() => layout(run.Steps as never), [key]);
}

export default function GraphTab({ run, where }: TabProps) {
  const picture = usePicture(run);
  const [selected, setSelected] = useSearchState("step", "");
  const frame = useRef<HTMLDivElement>(null);
  const { scale, setScale, showAll } = useScale(frame, picture);
  const navigate = useNavigate();
  if (run.Steps.length === 0) return <Empty text={t("notYet")} />;
  const current = selected || run.Steps[0]?.StepSlug;
  const steps = new Map(run.Steps.map((step) => [step.StepSlug, step]));
  const press = (event: KeyboardEvent) => {
    const direction = ARROWS[event.key];
    const at = cardOf(event.target) ?? current;
    if (direction) {
      const next = neighbour(picture, at, direction);
      if (next) {
        setSelected(next, "replace");
        frame.current?.querySelector<HTMLElement>(`[data-card="${CSS.escape(next)}"]`)?.focus();
      }
    } else if (event.key === "Enter" && at) {
      navigate({ to: paths.deployment(where.owner, where.n, "log", { step: at }) });
    } else if (event.key === "+") setScale(scale + 0.1);
    else if (event.key === "-") setScale(scale - 0.1);
    else if (event.key === "0") showAll();
    else if (TABS[event.key]) navigate({ to: paths.deployment(where.owner, where.n, TABS[event.key]) });
    else return;
    event.preventDefault();
    event.stopPropagation();
  };
  const step = steps.get(selected);
  return (
    <div className={classes.graph}>
      <div className={classes.tools}>
        <span className="meta">
          {t("solid")} · {t("dashed")}
        </span>
        <span className={classes.spring} />
        <Action
          look="quiet"
          label={t("smaller")}
          icon={<Minus size={15} aria-hidden />}
          onClick={() => setScale(scale - 0.1)}
        />
        <Action
          look="quiet"
          label={t("larger")}
          icon={<Plus size={15} aria-hidden />}
          onClick={() => setScale(scale + 0.1)}
        />
        <Action look="quiet" label={t("fit")} icon={<Maximize2 size={15} aria-hidden />} onClick={showAll} />
      </div>
      <div ref={frame} className={classes.canvas}>
        <div style={{ inlineSize: picture.width * scale, blockSize: picture.height * scale }}>
          <div
            role="listbox"
            aria-label={t(isOfRunbook(run) ? "graphOfRun" : "graph")}
            tabIndex={-1}
            className={classes.picture}
            style={{ inlineSize: picture.width, blockSize: picture.height, transform: `scale(${scale})` }}
            onKeyDown={press}
          >
            <Lines picture={picture} steps={steps} selected={selected} />
            {picture.cards.map((card) => {
              const of = steps.get(card.slug);
              return (
                of && (
                  <StepCard
                    key={card.slug}
                    {...{ card, run }}
                    step={of}
                    isCurrent={card.slug === current}
                    isSelected={card.slug === selected}
                    onSelect={() => setSelected(card.slug === selected ? "" : card.slug)}
                  />
                )
              );
            })}
          </div>
        </div>
      </div>
      {step && (
        <Details step={step} steps={steps} log={paths.deployment(where.owner, where.n, "log", { step: selected })} />
      )}
    </div>
  );
}

function useScale(frame: React.RefObject<HTMLDivElement | null>, picture: Layout) {
  const [scale, set] = useState(1);
  const setScale = (next: number) => set(Math.min(1.6, Math.max(0.3, next)));
  const showAll = () => {
    const width = frame.current?.clientWidth ?? 0;
    if (width > 0) setScale(Math.min(1, width / picture.width));
  };
  // biome-ignore lint/correctness/useExhaustiveDependencies: fits once, when the picture first has a size
  useEffect(() => {
    // Below half its size nobody can read it: then one scrolls.
    if (innerWidth > 640) showAll();
  }, [picture.width]);
  return { scale, setScale, showAll };
}

interface LinesProps {
  picture: Layout;
  steps: Map<string, Step>;
  selected: string;
}

function Lines({ picture, steps, selected }: LinesProps) {
  return (
    <svg width={picture.width} height={picture.height} aria-hidden role="presentation">
      {picture.lines.map((line) => {
        const from = steps.get(line.from);
        const isBroken = from?.State === "Failed" && steps.get(line.to)?.State === "Skipped";
        return (
          <path
            key={`${line.from} ${line.to}`}
            d={line.path}
            data-met={(from && isSettled(from.State)) || undefined}
            data-broken={isBroken || undefined}
            data-lit={line.from === selected || line.to === selected || undefined}
          />
        );
      })}
    </svg>
  );
}

interface CardProps {
  card: Card;
  run: Run;
  step: Step;
  isCurrent: boolean;
  isSelected: boolean;
  onSelect: () => void;
}

function StepCard({ card, run, step, isCurrent, isSelected, onSelect }: CardProps) {
  const state = stateOf(step);
  const now = useNow();
  const names = step.WaitsFor.filter((wait) => !wait.IsRedundant).map(
    (wait) => run.Steps.find((other) => other.StepSlug === wait.StepSlug)?.StepName ?? wait.StepSlug,
  );
  const waits = names.length === 0 ? t("waitsNothing") : t("waits", { steps: listed(names) });
  const ms = step.State === "Skipped" || state === "person" ? undefined : took(step, now);
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: the graph handles the keys
    <div
      role="option"
      data-card={card.slug}
      data-state={state}
      tabIndex={isCurrent ? 0 : -1}
      aria-selected={isSelected}
      title={wordsOf(step)}
      className={classes.card}
      style={{ insetInlineStart: card.x, insetBlockStart: card.y, inlineSize: CARD.width, blockSize: CARD.height }}
      onClick={onSelect}
    >
      <span className={classes.name} data-before={step.Number}>
        {step.StepName}
      </span>
      <span className={classes.state}>
        <Status state={state} />
        {ms !== undefined && <span className="meta number">{duration(ms)}</span>}
      </span>
      <span className="visually-hidden">
        {wordsOf(step)} {waits}
      </span>
    </div>
  );
}

function Details({ step, steps, log }: { step: Step; steps: Map<string, Step>; log: string }) {
  const waits = step.WaitsFor.filter((wait) => !wait.IsRedundant);
  return (
    <section className={`card ${classes.details}`} aria-label={step.StepName}>
      <h2>{step.StepName}</h2>
      <Status state={stateOf(step)} label={wordsOf(step) ?? stateWord(stateOf(step))} />
      <ul>
        {waits.map((wait) => {
          const other = steps.get(wait.StepSlug);
          return (
            other && (
              <li key={wait.StepSlug}>
                {t("waits", { steps: other.StepName })} <Status state={stateOf(other)} />
              </li>
            )
          );
        })}
      </ul>
      <LinkAction to={log}>{t("openLog")}</LinkAction>
    </section>
  );
}
