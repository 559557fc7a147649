/** What can be done with the chosen line, in its middle: put a step there, or take it away. */
import { Plus, X } from "lucide-react";
import { g } from "./graph-text.ts";
import classes from "./LineTools.module.css";
import type { Line } from "./layout.ts";

interface LineToolsProps {
  line: Line;
  scale: number;
  nameOf: (slug: string) => string;
  onInsert: () => void;
  onCut: () => void;
}

export function LineTools({ line, scale, nameOf, onInsert, onCut }: LineToolsProps) {
  const words = { name: nameOf(line.to), on: nameOf(line.from) };
  const place = {
    insetInlineStart: line.middle.x,
    insetBlockStart: line.middle.y,
    // Above the line, and as large as it is, however small the picture.
    transform: `scale(${1 / scale}) translate(-50%, -130%)`,
  };
  return (
    <div className={classes.tools} style={place}>
      <button type="button" aria-label={g("insert", words)} title={g("insert", words)} onClick={onInsert}>
        <Plus size={15} aria-hidden />
      </button>
      <button type="button" aria-label={g("remove", words)} title={g("remove", words)} onClick={onCut}>
        <X size={15} aria-hidden />
      </button>
    </div>
  );
}
