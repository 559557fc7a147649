/**
 * The process as a graph: the same steps, selection and edits as the list. One tab stop: arrows walk along the lines, with
 * Shift to the lines themselves. A dependency is added by dragging from a card's handle, by clicking the handle and then
 * a card, or with `d`; it is taken away by choosing its line.
 */
import { useNavigate } from "@tanstack/react-router";
import { Maximize2, Minus, Plus } from "lucide-react";
import { useCallback, useEffect, useMemo, useRef, useState } from "react";
import { paths } from "../../../paths.ts";
import { Action } from "../../../ui/Action.tsx";
import { type Editor, nameOf } from "../editor.ts";
import { type PlanStep, type Problem, slugOf } from "../model.ts";
import { removeSteps } from "../removing.ts";
import { bySlug, spoken } from "../words.ts";
import { FoldCard } from "./FoldCard.tsx";
import { type Folded, fold } from "./fold.ts";
import { type CardActs, GraphCard } from "./GraphCard.tsx";
import { g } from "./graph-text.ts";
import { connected } from "./graph-walk.ts";
import { type GraphActs, usePress } from "./keys.ts";
import { Lines } from "./Lines.tsx";
import { LineTools } from "./LineTools.tsx";
import { type Layout, type Line, layout, lineKey } from "./layout.ts";
import { useLinks } from "./links.ts";
import { MiniMap } from "./MiniMap.tsx";
import { Says } from "./Says.tsx";
import classes from "./StepGraph.module.css";
import { useView } from "./view.ts";

/** More cards than this are looked at on a map, too. */
const MAP_FROM = 40;

interface GraphProps {
  editor: Editor;
  selected: string | undefined;
  /** `push` for what was clicked: Back leads to the card before. */
  onSelect: (slug: string, how?: "push") => void;
}

const NONE: PlanStep[] = [];

/** What is drawn: all of it or what belongs to one step, and what is not opened folded. */
function usePicture(all: PlanStep[], selected: string | undefined) {
  const [focus, setFocus] = useState<string>();
  const [open, setOpen] = useState<ReadonlySet<string>>(new Set());
  const folded = useMemo(() => {
    const related = all.some((step) => step.StepSlug === focus) ? connected(all, focus) : undefined;
    return fold(related ? all.filter((step) => related.has(step.StepSlug ?? "")) : all, open);
  }, [all, focus, open]);
  const unfold = useCallback((card: string) => setOpen((before) => new Set(before).add(card)), []);
  // What is chosen elsewhere is shown.
  const hidden = selected !== undefined && folded.folds.has(folded.cardOf(selected));
  useEffect(() => {
    if (hidden && selected !== undefined) unfold(folded.cardOf(selected));
  }, [hidden, selected, folded, unfold]);
  const picture = useMemo(() => layout(folded.steps), [folded]);
  return { picture, folded, focus, setFocus, unfold, open, foldAgain: () => setOpen(new Set()) };
}

export default function StepGraph({ editor, selected, onSelect }: GraphProps) {
  const all = editor.plan?.Steps ?? NONE;
  const drawn = usePicture(all, selected);
  const { picture, folded, focus } = drawn;
  const current = picture.cards.some((card) => card.slug === selected) ? selected : picture.cards[0]?.slug;
  const view = useView(picture, current);
  const links = useLinks(editor);
  const navigate = useNavigate();
  const [chosenKey, setChosen] = useState<string>();
  const chosen = picture.lines.find((line) => lineKey(line) === chosenKey);
  const { steps } = editor.view;
  const name = useMemo(() => {
    const names = new Map(steps.map((step) => [slugOf(step), step.Name]));
    return (slug: string) => names.get(slug) ?? slug;
  }, [steps]);
  const focusOn = (attribute: "card" | "line", value: string) =>
    view.frame.current?.querySelector<HTMLElement>(`[data-${attribute}="${CSS.escape(value)}"]`)?.focus();
  const isFold = (line: Line) => folded.folds.has(line.from) || folded.folds.has(line.to);
  const acts: GraphActs = {
    card: (slug, how) => {
      setChosen(undefined);
      if (folded.folds.has(slug)) drawn.unfold(slug);
      else onSelect(slug, how);
      focusOn("card", slug);
    },
    line: (line) => {
      if (isFold(line)) {
        for (const end of [line.from, line.to]) if (folded.folds.has(end)) drawn.unfold(end);
        return;
      }
      setChosen(lineKey(line));
      focusOn("line", lineKey(line));
    },
    open: (slug) => navigate({ to: paths.step(editor.owner, slug) }),
    cut: (line) => links.cut({ step: line.to, on: line.from }),
    insert: (line) => navigate({ to: paths.newStep(editor.owner, line.from, line.to) }),
    remove: (slug) => {
      const step = steps.find((known) => slugOf(known) === slug);
      if (step && editor.denied === undefined) removeSteps(editor, [step]);
    },
    focus: (slug) => drawn.setFocus(focus === undefined ? slug : undefined),
    zoom: view.zoom,
    fit: view.showAll,
  };
  const press = usePress({ picture, current, chosen, links, acts });
  const facts = useFacts(editor, all, folded);
  const hands = useHands({
    select: (slug) => (links.connecting && !folded.folds.has(slug) ? links.finish(slug) : acts.card(slug, "push")),
    open: acts.open,
    handle: (slug) => links.start({ slug, end: "waitedFor" }),
    drop: (slug) => links.connecting && links.connecting.slug !== slug && links.finish(slug),
    unfold: drawn.unfold,
    line: acts.line,
  });
  const isMapped = picture.cards.length > MAP_FROM;
  const small = view.scale < 1 || undefined;
  const at = { "--scale": view.scale, transform: `scale(${view.scale})` } as React.CSSProperties;
  return (
    <div>
      <Tools {...{ editor, current, drawn, view, links }} />
      <div className={classes.stage}>
        <Says editor={editor} links={links} />
        <div ref={view.frame} className={classes.canvas} data-mapped={isMapped || undefined}>
          <div style={{ width: picture.width * view.scale, height: picture.height * view.scale }}>
            {/* biome-ignore lint/a11y/noStaticElementInteractions: the keys of what is inside */}
            <div
              className={classes.picture}
              data-small={small}
              style={{ width: picture.width, height: picture.height, ...at }}
              onKeyDown={press}
            >
              <div role="listbox" aria-label={g("graphOf")}>
                <Lines picture={picture} selected={selected} chosen={chosenKey} nameOf={name} onChoose={hands.line} />
                <Cards
                  {...{ picture, folded, facts, selected, links, name }}
                  acts={hands}
                  current={chosen ? undefined : current}
                />
              </div>
              {chosen && editor.denied === undefined && (
                <LineTools
                  line={chosen}
                  scale={view.scale}
                  nameOf={name}
                  onInsert={() => acts.insert(chosen)}
                  onCut={() => acts.cut(chosen)}
                />
              )}
            </div>
          </div>
        </div>
        {isMapped && <MiniMap picture={picture} frame={view.frame} scale={view.scale} selected={selected} />}
      </div>
    </div>
  );
}

interface Hands extends CardActs {
  line: (line: Line) => unknown;
}

/** They do what is newest, and stay the same, so that no card is drawn anew because of them. */
function useHands(newest: Hands): Hands {
  const hands = useRef(newest);
  hands.current = newest;
  return useMemo(
    () => ({
      select: (slug) => hands.current.select(slug),
      open: (slug) => hands.current.open(slug),
      handle: (slug) => hands.current.handle(slug),
      drop: (slug) => hands.current.drop(slug),
      unfold: (card) => hands.current.unfold(card),
      line: (line) => hands.current.line(line),
    }),
    [],
  );
}

interface CardsProps {
  picture: Layout;
  folded: Folded;
  facts: ReturnType<typeof useFacts>;
  selected: string | undefined;
  /** What Tab leads to. */
  current: string | undefined;
  links: ReturnType<typeof useLinks>;
  name: (slug: string) => string;
  acts: CardActs;
}

function Cards({ picture, folded, facts, selected, current, links, name, acts }: CardsProps) {
  const { connecting } = links;
  return picture.cards.map((card) => {
    const inside = folded.folds.get(card.slug);
    const isCurrent = card.slug === current;
    if (inside) {
      const { problem } = facts(card.slug);
      return <FoldCard key={card.slug} {...{ card, problem, isCurrent, acts }} fold={inside} nameOf={name} />;
    }
    return (
      <GraphCard
        key={card.slug}
        card={card}
        {...facts(card.slug)}
        isCurrent={isCurrent}
        isSelected={card.slug === selected}
        isConnecting={connecting !== undefined}
        refused={connecting && connecting.slug !== card.slug ? links.why(card.slug) : undefined}
        acts={acts}
      />
    );
  });
}

interface ToolsProps {
  editor: Editor;
  current: string | undefined;
  drawn: ReturnType<typeof usePicture>;
  view: ReturnType<typeof useView>;
  links: ReturnType<typeof useLinks>;
}

function Tools({ editor, current, drawn, view, links }: ToolsProps) {
  const { focus, setFocus } = drawn;
  const { scale, zoom } = view;
  return (
    <div className={classes.graphTools}>
      <Action
        denied={editor.denied ?? (current ? undefined : g("selectFirst"))}
        onClick={() => current && links.start({ slug: current, end: "waits" })}
      >
        {g("addDependency")}
      </Action>
      <Action aria-pressed={focus !== undefined} onClick={() => setFocus(focus === undefined ? current : undefined)}>
        {focus === undefined ? g("focus") : g("focusOn", { name: nameOf(editor.view.steps, focus) })}
      </Action>
      {drawn.open.size > 0 && <Action onClick={drawn.foldAgain}>{g("foldAgain")}</Action>}
      <span className={classes.spring} />
      <Action look="quiet" label={g("smaller")} icon={<Minus size={15} aria-hidden />} onClick={() => zoom(-0.1)} />
      <Action look="quiet" onClick={() => view.setScale(1)}>{`${Math.round(scale * 100)} %`}</Action>
      <Action look="quiet" label={g("larger")} icon={<Plus size={15} aria-hidden />} onClick={() => zoom(0.1)} />
      <Action look="quiet" label={g("fit")} icon={<Maximize2 size={15} aria-hidden />} onClick={view.showAll} />
    </div>
  );
}

/** What a card shows of its step, found once for all of them. A fold shows the first problem inside it. */
function useFacts({ view, plan }: Editor, all: PlanStep[], folded: Folded) {
  const { steps } = view;
  return useMemo(() => {
    const plans = bySlug(all);
    const drafts = new Map(steps.map((step) => [slugOf(step), step]));
    const problems = new Map<string, Problem[]>();
    for (const problem of plan?.Problems ?? []) {
      const slug = folded.cardOf(problem.Steps?.[0]?.Slug ?? "");
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
  }, [steps, plan, all, folded]);
}
