/**
 * The process as a graph: the same steps, selection and edits as the list. One tab stop: arrows walk along the lines.
 * A dependency is added by dragging from a card's handle, by clicking the handle and then a card, or with `d`.
 */

import { useNavigate } from "@tanstack/react-router";
import { Maximize2, Minus, Plus } from "lucide-react";
import { type KeyboardEvent, memo, useEffect, useMemo, useRef, useState } from "react";
import { queryClient } from "../../api/queries.ts";
import { paths } from "../../paths.ts";
import { Action } from "../../ui/Action.tsx";
import { Banner } from "../../ui/states.tsx";
import { type Editor, nameOf, planOf } from "./editor.ts";
import * as edits from "./edits.ts";
import { type CardActs, GraphCard } from "./GraphCard.tsx";
import { g } from "./graph-text.ts";
import { cardOf, connected, type Direction, neighbour } from "./graph-walk.ts";
import { type Layout, layout } from "./layout.ts";
import { dependencies, isParallel, type PlanStep, type Problem, slugOf } from "./model.ts";
import classes from "./process.module.css";
import { type Refusal, refusalOf, refusalsQuery, useRefusals } from "./queries.ts";
import { removeStep } from "./StepMenu.tsx";
import { t } from "./text.ts";
import { bySlug, spoken } from "./words.ts";

/** The first picture is no smaller than one can read, even if it does not fit then. */
const LEGIBLE = 0.7;

/** A dependency being made: one end is known. */
export interface Connecting {
  slug: string;
  /** Whether the known end will be waited for (handle) or will wait (`d`). */
  end: "waitedFor" | "waits";
}

/** A dependency on a step that waits for everything above it: one must say what becomes of that. */
interface Asked {
  step: string;
  on: string;
}

interface GraphProps {
  editor: Editor;
  selected: string | undefined;
  /** `push` for what was clicked: Back leads to the card before. */
  onSelect: (slug: string, how?: "push") => void;
}

/** The step would wait for another: the reason why it cannot, from the server. */
function refusal(editor: Editor, refusals: Refusal[], { step: a, on: b }: Asked): string | undefined {
  if (a === b) return g("itself");
  const step = editor.view.steps.find((known) => slugOf(known) === a);
  if (step && isParallel(step) && dependencies(step)?.includes(b))
    return g("already", { name: nameOf(editor.view.steps, b) });
  return refusalOf(refusals, a, b);
}

function useConnecting(editor: Editor) {
  const [connecting, setConnecting] = useState<Connecting>();
  const [asked, setAsked] = useState<Asked>();
  const [note, setNote] = useState<string>();
  const refusals = useRefusals(editor.owner, editor.view, connecting?.slug);
  const pair = (with_: Connecting, other: string): Asked =>
    with_.end === "waits" ? { step: with_.slug, on: other } : { step: other, on: with_.slug };
  const add = ({ step, on }: Asked, keep: string[]) => {
    editor.edit(t("didDependencies", { name: nameOf(editor.view.steps, step) }), (steps) =>
      edits.waitFor(steps, step, [...keep, on]),
    );
    setAsked(undefined);
  };
  return {
    connecting,
    asked,
    note,
    start: (next: Connecting | undefined) => {
      setNote(undefined);
      setConnecting(editor.denied === undefined ? next : undefined);
    },
    why: (other: string) => {
      if (!connecting) return undefined;
      return refusal(editor, refusals, pair(connecting, other));
    },
    finish: async (other: string) => {
      if (!connecting) return;
      const wanted = pair(connecting, other);
      setConnecting(undefined);
      // A quick hand is here before the answer; without any, saving refuses what cannot be.
      const told = queryClient.ensureQueryData(refusalsQuery(editor.owner, editor.view, connecting.slug));
      const reason = refusal(editor, await told.catch(() => []), wanted);
      if (reason) return setNote(reason);
      const step = editor.view.steps.find((known) => slugOf(known) === wanted.step);
      if (!step) return;
      if (isParallel(step)) return add(wanted, dependencies(step) ?? []);
      const covers = planOf(editor, wanted.step)?.WaitsFor?.some((wait) => wait.StepSlug === wanted.on);
      if (covers) setNote(g("covered", { name: step.Name, on: nameOf(editor.view.steps, wanted.on) }));
      else setAsked(wanted);
    },
    answer: (keep: "all" | "one" | undefined) => {
      if (!asked || keep === undefined) return setAsked(undefined);
      const waits = (planOf(editor, asked.step)?.WaitsFor ?? []).filter((wait) => !wait.IsRedundant);
      add(asked, keep === "all" ? waits.map((wait) => wait.StepSlug ?? "") : []);
    },
  };
}

export default function StepGraph({ editor, selected, onSelect }: GraphProps) {
  const all = useMemo<PlanStep[]>(() => editor.plan?.Steps ?? [], [editor.plan]);
  const picture = useMemo(() => layout(all), [all]);
  const frame = useRef<HTMLDivElement>(null);
  const [scale, setScale] = useState(1);
  const [isFocused, setFocused] = useState(false);
  const link = useConnecting(editor);
  const navigate = useNavigate();
  const current = all.some((step) => step.StepSlug === selected) ? selected : all[0]?.StepSlug;
  const related = useMemo(() => connected(all, current), [all, current]);
  const showAll = (scaleMin = 0.3) => {
    const [width, height] = [frame.current?.clientWidth ?? 0, frame.current?.clientHeight ?? 0];
    if (width > 0) setScale(Math.max(scaleMin, Math.min(1, width / picture.width, height / picture.height)));
  };
  // biome-ignore lint/correctness/useExhaustiveDependencies: fits once, when the picture first has a size
  useEffect(() => showAll(LEGIBLE), [picture.width > 32]);
  const zoom = (by: number) => setScale((before) => Math.min(1.6, Math.max(0.3, before + by)));
  const focusCard = (slug: string | undefined, how?: "push") => {
    if (slug === undefined) return;
    onSelect(slug, how);
    frame.current?.querySelector<HTMLElement>(`[data-card="${CSS.escape(slug)}"]`)?.focus();
  };
  const press = (event: KeyboardEvent) => {
    const arrows: Record<string, Direction> = {
      ArrowRight: "next",
      ArrowLeft: "previous",
      ArrowUp: "up",
      ArrowDown: "down",
      Home: "first",
      End: "last",
    };
    const direction = arrows[event.key];
    // A key is meant for the card that has the focus, also before the address says so.
    const at = cardOf(event.target) ?? current;
    const step = editor.view.steps.find((known) => slugOf(known) === at);
    if (direction) focusCard(neighbour(picture, at, direction));
    else if (event.key === "Enter") {
      if (link.connecting && at) link.finish(at);
      else if (at) navigate({ to: paths.step(editor.owner, at) });
    } else if (event.key === "d" && at) link.start({ slug: at, end: "waits" });
    else if (event.key === "f") setFocused(!isFocused);
    else if (event.key === "+") zoom(0.1);
    else if (event.key === "-") zoom(-0.1);
    else if (event.key === "0") showAll();
    else if (event.key === "Escape" && link.connecting) link.start(undefined);
    else if (event.key === "Delete" && step && editor.denied === undefined) removeStep(editor, step);
    else return;
    event.preventDefault();
    event.stopPropagation();
  };
  const name = (slug: string) => nameOf(editor.view.steps, slug);
  const facts = useFacts(editor, all);
  const hands = useRef<CardActs>(undefined);
  hands.current = {
    select: (slug) => (link.connecting ? link.finish(slug) : focusCard(slug, "push")),
    open: (slug) => navigate({ to: paths.step(editor.owner, slug) }),
    handle: (slug) => link.start({ slug, end: "waitedFor" }),
    drop: (slug) => link.connecting && link.connecting.slug !== slug && link.finish(slug),
  };
  const acts = useMemo<CardActs>(
    () => ({
      select: (slug) => hands.current?.select(slug),
      open: (slug) => hands.current?.open(slug),
      handle: (slug) => hands.current?.handle(slug),
      drop: (slug) => hands.current?.drop(slug),
    }),
    [],
  );
  return (
    <div className={classes.graph}>
      <div className={classes.graphTools}>
        <Action
          denied={editor.denied ?? (current ? undefined : g("selectFirst"))}
          onClick={() => current && link.start({ slug: current, end: "waits" })}
        >
          {g("addDependency")}
        </Action>
        <Action aria-pressed={isFocused} onClick={() => setFocused(!isFocused)}>
          {g("focus")}
        </Action>
        <span className={classes.spring} />
        <Action look="quiet" label={g("smaller")} icon={<Minus size={15} aria-hidden />} onClick={() => zoom(-0.1)} />
        <button type="button" className={classes.link} onClick={() => setScale(1)}>
          {`${Math.round(scale * 100)} %`}
        </button>
        <Action look="quiet" label={g("larger")} icon={<Plus size={15} aria-hidden />} onClick={() => zoom(0.1)} />
        <Action look="quiet" label={g("fit")} icon={<Maximize2 size={15} aria-hidden />} onClick={() => showAll()} />
      </div>
      <div className={classes.stage}>
        <div className={classes.overlay}>
          <div role="status">
            {link.connecting && (
              <Banner actions={<Action onClick={() => link.start(undefined)}>{g("cancel")}</Action>}>
                {g(link.connecting.end === "waits" ? "pickWaitedFor" : "pickWaiting", {
                  name: name(link.connecting.slug),
                })}
              </Banner>
            )}
            {link.note && <Banner tone="warning">{link.note}</Banner>}
          </div>
          {link.asked && (
            <Banner
              tone="warning"
              actions={
                <>
                  <Action onClick={() => link.answer("all")}>{g("keepAll")}</Action>
                  <Action onClick={() => link.answer("one")}>{g("onlyThis")}</Action>
                  <Action onClick={() => link.answer(undefined)}>{g("cancel")}</Action>
                </>
              }
            >
              {g("switches", { name: name(link.asked.step) })}
            </Banner>
          )}
        </div>
        <div ref={frame} className={classes.canvas}>
          <div style={{ width: picture.width * scale, height: picture.height * scale }}>
            <div
              role="listbox"
              aria-label={g("graphOf")}
              className={classes.picture}
              style={{ width: picture.width, height: picture.height, transform: `scale(${scale})` }}
              onKeyDown={press}
            >
              <Lines picture={picture} selected={selected} shown={isFocused ? related : undefined} />
              {picture.cards.map((card) => (
                <GraphCard
                  key={card.slug}
                  card={card}
                  {...facts(card.slug)}
                  isCurrent={card.slug === current}
                  isSelected={card.slug === selected}
                  isDim={isFocused && !related.has(card.slug)}
                  isConnecting={link.connecting !== undefined}
                  refused={link.connecting && link.connecting.slug !== card.slug ? link.why(card.slug) : undefined}
                  acts={acts}
                />
              ))}
            </div>
          </div>
        </div>
      </div>
    </div>
  );
}

interface LinesProps {
  picture: Layout;
  selected: string | undefined;
  /** Only what lies between these stands out; nothing: all of it. */
  shown: Set<string> | undefined;
}

const Lines = memo(function Lines({ picture, selected, shown }: LinesProps) {
  return (
    <svg width={picture.width} height={picture.height} aria-hidden role="presentation">
      {picture.lines.map((line) => {
        const isLit = line.from === selected || line.to === selected;
        const isDim = shown !== undefined && !(shown.has(line.from) && shown.has(line.to));
        return (
          <path
            key={`${line.from} ${line.to}`}
            d={line.path}
            className={isLit ? classes.lit : undefined}
            opacity={isDim ? 0.2 : 1}
            strokeDasharray={line.isImplicit ? "4 4" : undefined}
          />
        );
      })}
    </svg>
  );
});

/** What a card shows of its step, found once for all of them. */
function useFacts({ view, plan }: Editor, all: PlanStep[]) {
  const { steps } = view;
  return useMemo(() => {
    const plans = bySlug(all);
    const drafts = new Map(steps.map((step) => [slugOf(step), step]));
    const problems = new Map<string | undefined, Problem[]>();
    for (const problem of plan?.Problems ?? []) {
      const slug = problem.Steps?.[0]?.Slug;
      problems.set(slug, [...(problems.get(slug) ?? []), problem]);
    }
    return (slug: string) => {
      const [own, found] = [plans.get(slug), problems.get(slug) ?? []];
      return {
        step: drafts.get(slug),
        plan: own,
        problem: found[0],
        said: own ? spoken(own, plans, found.length) : "",
      };
    };
  }, [steps, plan, all]);
}
