/** A step as a card of the graph: number and name, problems; where it runs, typical duration. */
import { memo } from "react";
import { isDisabled, type PlanStep, type Problem, type Step } from "../model.ts";
import { ProblemIcon } from "../Problems.tsx";
import { runsOn, typical } from "../words.ts";
import classes from "./GraphCard.module.css";
import { CARD, type Card } from "./layout.ts";

/** What can be done with a card; the same object for as long as the graph is there. */
export interface CardActs {
  select: (slug: string) => unknown;
  open: (slug: string) => unknown;
  handle: (slug: string) => unknown;
  drop: (slug: string) => unknown;
  unfold: (slug: string) => unknown;
}

interface GraphCardProps {
  card: Card;
  step: Step | undefined;
  plan: PlanStep | undefined;
  problem: Problem | undefined;
  /** All about the step in one sentence. */
  said: string;
  isCurrent: boolean;
  isSelected: boolean;
  isConnecting: boolean;
  /** Why the dependency being made cannot end here. */
  refused: string | undefined;
  acts: CardActs;
}

/** Drawn again only when something about its own step changes. */
export const GraphCard = memo(function GraphCard(props: GraphCardProps) {
  const { card, step, plan, problem, acts } = props;
  if (!plan || !step) return null;
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: the graph handles the keys
    <div
      role="option"
      data-card={card.slug}
      tabIndex={props.isCurrent ? 0 : -1}
      aria-selected={props.isSelected}
      aria-disabled={props.refused !== undefined || undefined}
      aria-label={props.said + (props.refused ? `; ${props.refused}` : "")}
      title={props.refused ?? problem?.Message}
      className={classes.card}
      data-dim={props.refused !== undefined || undefined}
      data-lifted={(props.isConnecting && props.refused === undefined) || undefined}
      data-off={isDisabled(step) || undefined}
      style={{ insetInlineStart: card.x, insetBlockStart: card.y, inlineSize: CARD.width, blockSize: CARD.height }}
      onClick={() => acts.select(card.slug)}
      onDoubleClick={() => acts.open(card.slug)}
      onPointerUp={() => acts.drop(card.slug)}
    >
      <span className={classes.cardName} data-before={plan.Number}>
        {step.Name}
      </span>
      <span className={classes.cardEnd}>{problem && <ProblemIcon level={problem.Level} />}</span>
      {/* Part of what is read out already; as generated content it is not read twice. */}
      <span className="meta" data-before={runsOn(plan)} />
      <span className={`meta number ${classes.cardEnd}`} data-before={typical(plan)} />
      <span
        className={classes.handle}
        aria-hidden
        onPointerDown={(event) => {
          event.preventDefault();
          event.stopPropagation();
          acts.handle(card.slug);
        }}
        onPointerUp={(event) => event.stopPropagation()}
        onClick={(event) => event.stopPropagation()}
      />
    </div>
  );
});
