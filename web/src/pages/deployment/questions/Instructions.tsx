/**
 * Instructions as their author wrote them: the small part of Markdown people use in them (paragraphs, lists, bold,
 * code, links), made of elements; whatever else they hold is shown as text.
 */
import type { ReactNode } from "react";
import classes from "./questions.module.css";

export function Instructions({ text }: { text: string }) {
  const blocks = text.replace(/\r/g, "").split(/\n{2,}/);
  return (
    <div className={classes.instructions}>
      {blocks.map((block, at) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: the text never changes
        <Block key={at} text={block} />
      ))}
    </div>
  );
}

function Block({ text }: { text: string }) {
  const lines = text.split("\n");
  if (lines.every((line) => /^\s*[-*] /.test(line))) {
    return (
      <ul>
        {lines.map((line) => (
          <li key={line}>{inline(line.replace(/^\s*[-*] /, ""))}</li>
        ))}
      </ul>
    );
  }
  if (/^#{1,6} /.test(text)) return <p>{<strong>{inline(text.replace(/^#+ /, ""))}</strong>}</p>;
  return <p>{inline(text)}</p>;
}

const PIECES = /(\*\*[^*]+\*\*|`[^`]+`|\[[^\]]+\]\(https?:\/\/[^\s)]+\)|https?:\/\/[^\s<>"')]+)/;

function inline(text: string): ReactNode[] {
  return text.split(PIECES).map((piece, at) => {
    const key = `${at}`;
    if (at % 2 === 0) return piece;
    if (piece.startsWith("**")) return <strong key={key}>{piece.slice(2, -2)}</strong>;
    if (piece.startsWith("`")) return <code key={key}>{piece.slice(1, -1)}</code>;
    const link = piece.match(/^\[([^\]]+)\]\((.+)\)$/);
    return (
      <a key={key} href={link?.[2] ?? piece} target="_blank" rel="noreferrer noopener">
        {link?.[1] ?? piece}
      </a>
    );
  });
}
