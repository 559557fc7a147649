/** The lines of the graph. Each can be chosen; its wide, unseen copy is what one hits. */
import { memo } from "react";
import { g } from "./graph-text.ts";
import { type Layout, type Line, lineKey } from "./layout.ts";
import classes from "./StepGraph.module.css";

interface LinesProps {
  picture: Layout;
  /** The step, or the line, that is chosen. */
  selected: string | undefined;
  chosen: string | undefined;
  nameOf: (slug: string) => string;
  onChoose: (line: Line) => void;
}

export const Lines = memo(function Lines({ picture, selected, chosen, nameOf, onChoose }: LinesProps) {
  return (
    <svg width={picture.width} height={picture.height} role="presentation">
      {picture.lines.map((line) => {
        const key = lineKey(line);
        const isLit = key === chosen || (chosen === undefined && (line.from === selected || line.to === selected));
        return (
          <g
            key={key}
            role="option"
            data-line={key}
            tabIndex={key === chosen ? 0 : -1}
            aria-selected={key === chosen}
            aria-label={g(line.isImplicit ? "lineImplied" : "line", {
              name: nameOf(line.to),
              on: nameOf(line.from),
            })}
            onClick={() => onChoose(line)}
          >
            <path className={classes.hit} d={line.path} />
            <path
              d={line.path}
              data-chosen={key === chosen || undefined}
              className={isLit ? classes.lit : undefined}
              strokeDasharray={line.isImplicit ? "4 4" : undefined}
            />
          </g>
        );
      })}
    </svg>
  );
});
