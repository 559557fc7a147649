/** One line of the log. Its text is only ever text. */
import { type MouseEvent, memo } from "react";
import { type Piece, pieces } from "./ansi.ts";
import type { Line } from "./lines.ts";
import classes from "./log.module.css";
import { t } from "./text.ts";

interface Props {
  line: Line;
  /** Place of its step among those that run side by side. */
  lane: number;
  lanes: number;
  label: string;
  time: string;
  isSelected: boolean;
  isCurrent: boolean;
  hit: RegExp | undefined;
  isHit: boolean;
  onPick: (number: number, isRange: boolean) => void;
}

const LANE_PX = 8;

export const LogRow = memo(function LogRow(props: Props) {
  const { line, lane, lanes, label, time, isSelected, isCurrent, hit, isHit, onPick } = props;
  const pick = (event: MouseEvent) => {
    event.preventDefault();
    onPick(line.Number, event.shiftKey);
  };
  return (
    <div
      className={classes.line}
      data-category={line.Category}
      data-selected={isSelected || undefined}
      data-current={isCurrent || undefined}
      data-hit={isHit || undefined}
    >
      <a
        href={`#L${line.Number}`}
        className={classes.lineNumber}
        tabIndex={-1}
        aria-label={t("line", { n: String(line.Number) })}
        onClick={pick}
      >
        {line.Number}
      </a>
      <span className={classes.time}>{time}</span>
      {lanes > 0 && (
        <span className={classes.lanes} style={{ inlineSize: lanes * LANE_PX }} aria-hidden>
          <i style={{ insetInlineStart: lane * LANE_PX + 3 }} />
        </span>
      )}
      {lanes > 0 && <span className={classes.source}>{label}</span>}
      <span className={classes.text}>
        {pieces(line.MessageText).map((piece, at) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: a line never changes
          <Text key={at} piece={piece} hit={hit} />
        ))}
      </span>
    </div>
  );
});

function Text({ piece, hit }: { piece: Piece; hit: RegExp | undefined }) {
  const looks = [
    piece.colour && classes[piece.colour],
    piece.isBold && classes.bold,
    piece.isDim && classes.dim,
    piece.isUnderlined && classes.underlined,
  ];
  const text = hit ? marked(piece.text, hit) : piece.text;
  const className = looks.filter(Boolean).join(" ") || undefined;
  if (piece.href) {
    return (
      <a href={piece.href} className={className} target="_blank" rel="noreferrer noopener">
        {text}
      </a>
    );
  }
  return className ? <span className={className}>{text}</span> : text;
}

function marked(text: string, hit: RegExp) {
  const parts = text.split(hit);
  if (parts.length === 1) return text;
  // The expression has one group around all of it, so every second part is a hit.
  // biome-ignore lint/suspicious/noArrayIndexKey: a line never changes
  return parts.map((part, at) => (at % 2 === 1 ? <mark key={at}>{part}</mark> : part));
}

/** What marks a sought text in a line. */
export function hitOf(text: string, isCase: boolean): RegExp | undefined {
  if (text === "") return undefined;
  return new RegExp(`(${text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")})`, isCase ? "g" : "gi");
}
