/** What a step waits for: chips, the picker with what cannot be chosen and why, and who waits for it. */
import { Link } from "@tanstack/react-router";
import { X } from "lucide-react";
import { paths } from "../../paths.ts";
import { story } from "../../text/story.ts";
import { Action } from "../../ui/Action.tsx";
import classes from "./Dependencies.module.css";
import { DependencyPicker } from "./DependencyPicker.tsx";
import { nameOf, planOf, stepTitle } from "./editor.ts";
import * as edits from "./edits.ts";
import { dependencies, isParallel, slugOf } from "./model.ts";
import type { SectionProps } from "./settings/property.ts";
import { s } from "./settings/settings-text.ts";
import { t } from "./text.ts";
import { ranges } from "./words.ts";

export function Dependencies({ editor, step }: SectionProps) {
  const plan = planOf(editor, slugOf(step));
  const titles = (slugs: string[]) => slugs.map((slug) => stepTitle(editor.view.steps, slug)).join(", ") || s("nobody");
  return (
    <>
      <p className="muted">{story.dependenciesHelp}</p>
      {isParallel(step) ? <Chosen editor={editor} step={step} /> : <Barrier editor={editor} step={step} />}
      {plan && (
        <p className={classes.facts}>
          <span>{s("requiredBy", { steps: titles(plan.FollowedBy ?? []) })}</span>
          <span>{s("canOverlap", { steps: titles(plan.CanOverlapWith ?? []) })}</span>
        </p>
      )}
    </>
  );
}

/** Run after previous steps: shown, and not edited here. */
function Barrier({ editor, step }: SectionProps) {
  const slug = slugOf(step);
  const waits = (planOf(editor, slug)?.WaitsFor ?? []).map((wait) => wait.StepSlug ?? "");
  const numbers = waits
    .map((on) => editor.view.steps.findIndex((known) => slugOf(known) === on) + 1)
    .sort((a, b) => a - b);
  const needed = (planOf(editor, slug)?.WaitsFor ?? [])
    .filter((wait) => !wait.IsRedundant)
    .map((wait) => wait.StepSlug ?? "");
  const choose = () =>
    editor.edit(t("didDependencies", { name: step.Name }), (steps) => edits.waitFor(steps, slug, needed));
  return (
    <div className="row">
      <span>{numbers.length > 0 ? s("waitsForAll", { steps: ranges(numbers) }) : s("waitsForNone")}</span>
      <Action denied={editor.denied} onClick={choose}>
        {s("chooseInstead")}
      </Action>
    </div>
  );
}

function Chosen({ editor, step }: SectionProps) {
  const slug = slugOf(step);
  const list = dependencies(step);
  const set = (next: string[] | undefined) =>
    editor.edit(t("didDependencies", { name: step.Name }), (steps) => edits.setDependencies(steps, slug, next));
  const waits = (planOf(editor, slug)?.WaitsFor ?? []).map((wait) => nameOf(editor.view.steps, wait.StepSlug ?? ""));
  return (
    <>
      {list === undefined && (
        <p>
          {s("notSet", {
            when: waits.length > 0 ? `after ${waits.join(", ")}` : t("startsAtOnce").replace("starts ", ""),
          })}
        </p>
      )}
      {list?.length === 0 && <p>{s("noDependenciesNote")}</p>}
      <div className={classes.picker}>
        {list && list.length > 0 && (
          <ul className={classes.chips}>
            {list.map((on) => (
              <li key={on} className={classes.chip}>
                <Link to={paths.step(editor.owner, on)}>{stepTitle(editor.view.steps, on)}</Link>
                {editor.denied === undefined && (
                  <button
                    type="button"
                    aria-label={s("removeDependency", { name: nameOf(editor.view.steps, on) })}
                    onClick={() => set(list.filter((known) => known !== on))}
                  >
                    <X size={14} aria-hidden />
                  </button>
                )}
              </li>
            ))}
          </ul>
        )}
        <DependencyPicker editor={editor} step={step} />
      </div>
      <div className="row">
        {(list === undefined || list.length > 0) && (
          <Action look="quiet" denied={editor.denied} onClick={() => set([])}>
            {s("noDependencies")}
          </Action>
        )}
        {list !== undefined && (
          <Action look="quiet" denied={editor.denied} onClick={() => set(undefined)}>
            {s("asBefore")}
          </Action>
        )}
      </div>
    </>
  );
}
