/**
 * Text as its author wrote it: the small part of Markdown people use in instructions and notes (headings, paragraphs,
 * lists, bold, code, links), made of elements; whatever else it holds is shown as text.
 */
import type { ReactNode } from "react";
import classes from "./Prose.module.css";

export function Prose({ text }: { text: string }) {
  return (
    <div className={classes.prose}>
      {blocksOf(text).map((block, at) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: the text never changes
        <Block key={at} {...block} />
      ))}
    </div>
  );
}

interface Lines {
  kind: "heading" | "list" | "text" | "nothing";
  lines: string[];
}

const kindOf = (line: string): Lines["kind"] => {
  if (line.trim() === "") return "nothing";
  if (/^#{1,6} /.test(line)) return "heading";
  return /^\s*[-*] /.test(line) ? "list" : "text";
};

/** Lines of one kind that follow each other; a heading stands alone. */
function blocksOf(text: string): Lines[] {
  const blocks: Lines[] = [];
  for (const line of text.replace(/\r/g, "").split("\n")) {
    const kind = kindOf(line);
    const last = blocks.at(-1);
    if (last?.kind === kind && kind !== "heading") last.lines.push(line);
    else blocks.push({ kind, lines: [line] });
  }
  return blocks.filter((block) => block.kind !== "nothing");
}

function Block({ kind, lines }: Lines) {
  if (kind === "heading") return <p>{<strong>{inline((lines[0] ?? "").replace(/^#+ /, ""))}</strong>}</p>;
  if (kind === "text") return <p>{inline(lines.join("\n"))}</p>;
  return (
    <ul>
      {lines.map((line, at) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: the text never changes
        <li key={at}>{inline(line.replace(/^\s*[-*] /, ""))}</li>
      ))}
    </ul>
  );
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
