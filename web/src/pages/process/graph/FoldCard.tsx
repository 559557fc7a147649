/** Several steps as one card, until it is opened. */
import { memo } from "react";
import type { Problem } from "../model.ts";
import { ProblemIcon } from "../Problems.tsx";
import type { Fold } from "./fold.ts";
import classes from "./GraphCard.module.css";
import type { CardActs } from "./GraphCard.tsx";
import { g } from "./graph-text.ts";
import { CARD, type Card } from "./layout.ts";

interface FoldCardProps {
  card: Card;
  fold: Fold;
  nameOf: (slug: string) => string;
  problem: Problem | undefined;
  isCurrent: boolean;
  acts: CardActs;
}

export const FoldCard = memo(function FoldCard({ card, fold, nameOf, problem, isCurrent, acts }: FoldCardProps) {
  const { members, how } = fold;
  const name = g("foldName", { first: nameOf(members[0] ?? ""), last: nameOf(members.at(-1) ?? "") });
  const what = g(how, { n: members.length });
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: the graph handles the keys
    <div
      role="option"
      data-card={card.slug}
      data-fold
      tabIndex={isCurrent ? 0 : -1}
      aria-selected={false}
      aria-label={g("foldSaid", { name, what })}
      title={g("unfold")}
      className={`${classes.card} ${classes.fold}`}
      style={{ insetInlineStart: card.x, insetBlockStart: card.y, inlineSize: CARD.width, blockSize: CARD.height }}
      onClick={() => acts.unfold(card.slug)}
    >
      <span className={classes.cardName}>{name}</span>
      <span className={classes.cardEnd}>{problem && <ProblemIcon level={problem.Level} />}</span>
      {/* As on every other card: it is read out already. */}
      <span className={`meta ${classes.whole}`} data-before={what} />
    </div>
  );
});
