/**
 * Chooses what a step waits for. What cannot be chosen stays in the list, with the server's reason. Enter toggles and
 * keeps the list open; Backspace in the empty field focuses the last chip's button, which it then presses.
 */
import { type KeyboardEvent, useId, useRef, useState } from "react";
import { matches } from "../../shell/matching.ts";
import { story } from "../../text/story.ts";
import classes from "./Dependencies.module.css";
import { type Editor, planOf } from "./editor.ts";
import * as edits from "./edits.ts";
import { dependencies, type Step, slugOf } from "./model.ts";
import { type Refusal, refusalOf, useRefusals } from "./queries.ts";
import { s } from "./settings/settings-text.ts";
import { t } from "./text.ts";
import { runsOn, typical } from "./words.ts";

interface Option {
  slug: string;
  number: number;
  name: string;
  details: string;
  isChosen: boolean;
  reason: string | undefined;
}

function options(editor: Editor, step: Step, refusals: Refusal[]): Option[] {
  const slug = slugOf(step);
  const chosen = dependencies(step) ?? [];
  return editor.view.steps.flatMap((other, index) => {
    const on = slugOf(other);
    if (on === slug) return [];
    const plan = planOf(editor, on);
    const details = [runsOn(plan), typical(plan)].filter((part) => part && part !== "–").join(" · ");
    const isChosen = chosen.includes(on);
    return [
      {
        slug: on,
        number: index + 1,
        name: other.Name,
        details,
        isChosen,
        reason: isChosen ? undefined : refusalOf(refusals, slug, on),
      },
    ];
  });
}

export function DependencyPicker({ editor, step }: { editor: Editor; step: Step }) {
  const [text, setText] = useState("");
  const [isOpen, setOpen] = useState(false);
  const [at, setAt] = useState(0);
  const field = useRef<HTMLInputElement>(null);
  const id = useId();
  const refusals = useRefusals(editor.owner, editor.view, slugOf(step));
  const fitting = options(editor, step, refusals).filter((option) =>
    matches(text, `${option.number} ${option.name} ${option.details}`),
  );
  // Whose name fits comes before what only runs on a target of that name.
  const named = (option: Option) => (matches(text, option.name) ? 0 : 1);
  const shown = fitting.sort((a, b) => named(a) - named(b));
  const toggle = (option: Option | undefined) => {
    if (!option || option.reason !== undefined) return;
    editor.edit(t("didDependencies", { name: step.Name }), (steps) =>
      edits.toggleDependency(steps, slugOf(step), option.slug),
    );
    setText("");
  };
  const press = (event: KeyboardEvent<HTMLInputElement>) => {
    const by = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (by !== undefined) {
      setAt(isOpen ? (at + by + shown.length) % Math.max(1, shown.length) : at);
      setOpen(true);
    } else if (event.key === "Enter") {
      if (isOpen) toggle(shown[at]);
    } else if (event.key === "Escape" && isOpen) setOpen(false);
    else if (event.key === "Backspace" && text === "") {
      const chips = event.currentTarget.closest(`.${classes.picker}`)?.querySelectorAll<HTMLElement>("li button");
      chips?.[chips.length - 1]?.focus();
    } else return;
    event.preventDefault();
  };
  const paste = (event: React.ClipboardEvent) => {
    const names = event.clipboardData
      .getData("text")
      .split(",")
      .map((name) => name.trim().toLowerCase());
    if (names.length < 2) return;
    event.preventDefault();
    const found = options(editor, step, refusals).filter(
      (option) => !option.isChosen && !option.reason && names.includes(option.name.toLowerCase()),
    );
    const all = [...(dependencies(step) ?? []), ...found.map((option) => option.slug)];
    editor.edit(t("didDependencies", { name: step.Name }), (steps) => edits.waitFor(steps, slugOf(step), all));
  };
  return (
    <div className={classes.combobox}>
      <input
        ref={field}
        role="combobox"
        aria-label={story.addStep}
        aria-expanded={isOpen}
        aria-controls={id}
        aria-autocomplete="list"
        aria-disabled={editor.denied !== undefined || undefined}
        aria-activedescendant={isOpen && shown[at] ? `${id}-${shown[at].slug}` : undefined}
        title={editor.denied}
        readOnly={editor.denied !== undefined}
        placeholder={`${story.addStep}…`}
        autoComplete="off"
        value={text}
        onChange={(event) => {
          setText(event.currentTarget.value);
          setAt(0);
          setOpen(true);
        }}
        onClick={() => editor.denied === undefined && setOpen(true)}
        onBlur={() => setOpen(false)}
        onKeyDown={editor.denied === undefined ? press : undefined}
        onPaste={paste}
      />
      <div
        id={id}
        role="listbox"
        aria-multiselectable
        aria-label={story.dependencies}
        hidden={!isOpen}
        className={classes.options}
      >
        {shown.length === 0 && <div className={classes.option}>{s("noMatch", { text })}</div>}
        {shown.map((option, index) => (
          // biome-ignore lint/a11y/useKeyWithClickEvents: the field handles the keys
          <div
            key={option.slug}
            id={`${id}-${option.slug}`}
            role="option"
            aria-selected={option.isChosen}
            aria-disabled={option.reason !== undefined || undefined}
            data-active={index === at || undefined}
            className={classes.option}
            // Keeps the focus in the field.
            onMouseDown={(event) => event.preventDefault()}
            onClick={() => toggle(option)}
            onMouseEnter={() => setAt(index)}
          >
            <span className="number">{option.number}</span>
            <span>{option.name}</span>
            <small>{option.reason ?? option.details}</small>
          </div>
        ))}
      </div>
    </div>
  );
}
