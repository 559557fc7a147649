/** The lanes of the whole process in small, with one step marked: moves as soon as the draft does. */
import type { Editor } from "./editor.ts";
import classes from "./process.module.css";
import { Rails, railsWidth } from "./Rails.tsx";
import { s } from "./settings-text.ts";

const ROWS_MAX = 24;

export function MiniLanes({ editor, slug }: { editor: Editor; slug: string }) {
  const all = editor.plan?.Steps ?? [];
  const lanes = editor.plan?.LaneCount ?? 1;
  if (all.length === 0) return null;
  const at = all.findIndex((step) => step.StepSlug === slug);
  const from = Math.max(0, Math.min(at - ROWS_MAX / 2, all.length - ROWS_MAX));
  return (
    <figure className={classes.mini} aria-label={s("lanes")} data-old={editor.isPlanOld || undefined}>
      {all.slice(from, from + ROWS_MAX).map((step) => (
        <div key={step.StepSlug} className={classes.miniRow} data-self={step.StepSlug === slug || undefined}>
          <span style={{ inlineSize: railsWidth(lanes) }}>
            <Rails step={step} all={all} lanes={lanes} lit={slug} />
          </span>
          <span>{`${step.Number} ${step.StepName}`}</span>
        </div>
      ))}
    </figure>
  );
}
