/** What the server finds wrong or surprising, with its fixes. */
import { useNavigate } from "@tanstack/react-router";
import { CircleAlert, Info, TriangleAlert } from "lucide-react";
import { paths } from "../../paths.ts";
import { Action } from "../../ui/Action.tsx";
import type { Editor } from "./editor.ts";
import { applyEdits } from "./edits.ts";
import type { Fix, Problem } from "./model.ts";
import classes from "./Problems.module.css";
import { t } from "./text.ts";

const icons = { Error: CircleAlert, Warning: TriangleAlert, Hint: Info } as const;

/** The sections of the step settings, by the words of the server. */
function sectionOf(words: string | undefined): string {
  return (words ?? "").toLowerCase().replace(/[^a-z]+/g, "-");
}

export function ProblemIcon({ level }: { level: Problem["Level"] }) {
  const Icon = icons[level ?? "Hint"];
  return <Icon className={classes[`level${level}`]} size={15} strokeWidth={1.75} aria-hidden />;
}

export function Problems({ editor, problems }: { editor: Editor; problems: Problem[] }) {
  const navigate = useNavigate();
  const apply = (fix: Fix) => {
    if (fix.Edits?.length)
      editor.edit(t("didFix", { label: fix.Label ?? "" }), (steps) => applyEdits(steps, fix.Edits ?? []));
    else navigate({ to: paths.step(editor.owner, fix.Step ?? ""), hash: sectionOf(fix.Section) });
  };
  if (problems.length === 0) return null;
  return (
    <ul className={classes.problems}>
      {problems.map((problem) => (
        <li key={`${problem.Kind} ${problem.Message}`} data-level={problem.Level}>
          <ProblemIcon level={problem.Level} />
          <span className={classes.problemText}>
            <span className="visually-hidden">{`${problem.Level}: `}</span>
            {problem.Message}
          </span>
          {(problem.Fixes ?? []).map((fix) => (
            <Action key={fix.Label} denied={editor.denied} onClick={() => apply(fix)}>
              {fix.Label}
            </Action>
          ))}
        </li>
      ))}
    </ul>
  );
}
