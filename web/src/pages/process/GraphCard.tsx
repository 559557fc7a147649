/** A step as a card of the graph: number and name, problems; where it runs, typical duration. */
import { type Editor, planOf } from "./editor.ts";
import { CARD, type Card } from "./layout.ts";
import { isDisabled, type PlanStep, type Problem, slugOf } from "./model.ts";
import { ProblemIcon } from "./Problems.tsx";
import classes from "./process.module.css";
import { runsOn, spoken, typical } from "./words.ts";

interface GraphCardProps {
  card: Card;
  all: PlanStep[];
  editor: Editor;
  problems: Problem[];
  isCurrent: boolean;
  isSelected: boolean;
  isDim: boolean;
  isConnecting: boolean;
  /** Why the dependency being made cannot end here. */
  refused: string | undefined;
  onSelect: () => void;
  onOpen: () => void;
  onHandle: () => void;
  onDrop: () => void;
}

export function GraphCard(props: GraphCardProps) {
  const { card, all, editor, problems } = props;
  const plan = planOf(editor, card.slug);
  const step = editor.view.steps.find((known) => slugOf(known) === card.slug);
  if (!plan || !step) return null;
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: the graph handles the keys
    <div
      role="option"
      data-card={card.slug}
      tabIndex={props.isCurrent ? 0 : -1}
      aria-selected={props.isSelected}
      aria-disabled={props.refused !== undefined || undefined}
      aria-label={spoken(plan, all, problems.length) + (props.refused ? `; ${props.refused}` : "")}
      title={props.refused ?? problems[0]?.Message}
      className={classes.card}
      data-dim={props.isDim || props.refused !== undefined || undefined}
      data-lifted={(props.isConnecting && props.refused === undefined) || undefined}
      data-off={isDisabled(step) || undefined}
      style={{ insetInlineStart: card.x, insetBlockStart: card.y, inlineSize: CARD.width, blockSize: CARD.height }}
      onClick={props.onSelect}
      onDoubleClick={props.onOpen}
      onPointerUp={props.onDrop}
    >
      <span className={classes.cardName} data-before={plan.Number}>
        {step.Name}
      </span>
      <span className={classes.cardEnd}>{problems[0] && <ProblemIcon level={problems[0].Level} />}</span>
      {/* Part of what is read out already; as generated content it is not read twice. */}
      <span className="meta" data-before={runsOn(plan)} />
      <span className={`meta number ${classes.cardEnd}`} data-before={typical(plan)} />
      <span
        className={classes.handle}
        aria-hidden
        onPointerDown={(event) => {
          event.preventDefault();
          event.stopPropagation();
          props.onHandle();
        }}
        onPointerUp={(event) => event.stopPropagation()}
        onClick={(event) => event.stopPropagation()}
      />
    </div>
  );
}
