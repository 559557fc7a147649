/** The lanes of the whole process in small, with one step marked: moves as soon as the draft does. */
import { useMemo } from "react";
import type { Editor } from "./editor.ts";
import classes from "./MiniLanes.module.css";
import { Rails, railsOf, railsWidth } from "./Rails.tsx";
import { s } from "./settings/settings-text.ts";

const ROWS_MAX = 24;

export function MiniLanes({ editor, slug }: { editor: Editor; slug: string }) {
  const lanes = editor.plan?.LaneCount ?? 1;
  const all = useMemo(() => editor.plan?.Steps ?? [], [editor.plan]);
  const rails = useMemo(() => railsOf(all, lanes), [all, lanes]);
  if (all.length === 0) return null;
  const at = all.findIndex((step) => step.StepSlug === slug);
  const from = Math.max(0, Math.min(at - ROWS_MAX / 2, all.length - ROWS_MAX));
  return (
    <figure className={classes.mini} aria-label={s("lanes")} data-old={editor.isPlanOld || undefined}>
      {all.slice(from, from + ROWS_MAX).map((step) => {
        const rail = rails.get(step.StepSlug ?? "");
        return (
          <div key={step.StepSlug} className={classes.miniRow} data-self={step.StepSlug === slug || undefined}>
            <span style={{ inlineSize: railsWidth(lanes) }}>{rail && <Rails rail={rail} lit={slug} />}</span>
            <span>{`${step.Number} ${step.StepName}`}</span>
          </div>
        );
      })}
    </figure>
  );
}
