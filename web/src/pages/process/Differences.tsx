/** What differs between two processes, as the server says it: in sentences, and who waits for whom before and after. */
import { Minus, Plus } from "lucide-react";
import type { ReactNode } from "react";
import type { Schemas } from "../../api/client.ts";
import { story } from "../../text/story.ts";
import classes from "./Review.module.css";
import { t } from "./text.ts";

export type ProcessDiff = Schemas["ProcessDiff"];
type Edge = Schemas["ProcessEdge"];

interface DifferencesProps {
  diff: ProcessDiff;
  /** What a sentence about this step is shown as, such as a link to its settings. */
  subject?: (step: string, text: string) => ReactNode;
}

export function Differences({ diff, subject = (_, text) => text }: DifferencesProps) {
  const changes = diff.Changes ?? [];
  if (changes.length === 0) return <p className="muted">{t("noDifference")}</p>;
  return (
    <div className="stack">
      <ul className={classes.differences}>
        {changes.map((change) => (
          <li key={`${change.Text} ${change.Field}`}>
            {subject(change.Subject ?? "", change.Text ?? "")}
            {change.Texts && (
              <div className={classes.texts}>
                <Text look={classes.removed} label={t("before")} text={change.Texts[0]} />
                <Text look={classes.added} label={t("after")} text={change.Texts[1]} />
              </div>
            )}
          </li>
        ))}
      </ul>
      <Waits added={diff.AddedWaits ?? []} removed={diff.RemovedWaits ?? []} />
    </div>
  );
}

function Text({ look, label, text }: { look: string | undefined; label: string; text: string | undefined }) {
  if (!text) return null;
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard
    <pre className={look} aria-label={label} role="group" tabIndex={0}>
      {text}
    </pre>
  );
}

function Waits({ added, removed }: { added: Edge[]; removed: Edge[] }) {
  if (added.length + removed.length === 0) return null;
  const sentence = (edge: Edge) => t("waitsFor", { step: edge.StepName ?? "", on: edge.WaitsForName ?? "" });
  return (
    <ul className={classes.edges} aria-label={story.dependencies}>
      {added.map((edge) => (
        <li key={`${edge.StepSlug} ${edge.WaitsForSlug}`} className={classes.added}>
          <Plus size={14} aria-label={t("edgeAdded")} /> {sentence(edge)}
        </li>
      ))}
      {removed.map((edge) => (
        <li key={`${edge.StepSlug} ${edge.WaitsForSlug}`} className={classes.removed}>
          <Minus size={14} aria-label={t("edgeRemoved")} /> {sentence(edge)}
        </li>
      ))}
    </ul>
  );
}
