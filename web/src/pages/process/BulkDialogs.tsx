/** What has to be asked before several steps are changed at once, and where a step is to be moved. */
import { Select } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { type ReactNode, useState } from "react";
import { Action } from "../../ui/Action.tsx";
import { Dialog } from "../../ui/Dialog.tsx";
import { Refusal } from "../../ui/Form.tsx";
import { useWork } from "../../ui/work.ts";
import * as bulk from "./bulk.ts";
import { b } from "./bulk-text.ts";
import { type Editor, nameOf, plansNow, stepTitle } from "./editor.ts";
import * as edits from "./edits.ts";
import { type Step, slugOf } from "./model.ts";
import { refusalsQuery } from "./queries.ts";
import { Radio } from "./Radio.tsx";
import classes from "./settings/fields.module.css";
import { t } from "./text.ts";

interface BulkProps {
  editor: Editor;
  slugs: string[];
  onClose: () => void;
}

interface AskProps {
  title: string;
  denied?: string | undefined;
  onClose: () => void;
  onApply: () => Promise<unknown> | unknown;
  children: ReactNode;
}

/** Closes when what was chosen is done. */
function Ask({ title, denied, onClose, onApply, children }: AskProps) {
  const work = useWork();
  const apply = () =>
    work.run(async () => {
      await onApply();
      onClose();
    });
  return (
    <Dialog title={title} opened onClose={onClose}>
      <div className="stack">
        {work.failure !== undefined && <Refusal error={work.failure} />}
        {children}
        <div className="row">
          <Action look="primary" denied={denied} busy={work.isBusy} onClick={apply}>
            {b("apply")}
          </Action>
          <Action onClick={onClose}>{b("cancel")}</Action>
        </div>
      </div>
    </Dialog>
  );
}

const ways = { beside: bulk.runBeside, asNow: bulk.runParallel };

export function ParallelDialog({ editor, slugs, onClose }: BulkProps) {
  const [how, setHow] = useState<keyof typeof ways>("beside");
  const apply = async () => {
    const plans = await plansNow(editor);
    editor.edit(b("didParallel", { n: slugs.length }), (steps) => ways[how](steps, slugs, plans));
  };
  const choice = (known: keyof typeof ways) => (
    <Radio
      name="how"
      label={b(known)}
      note={b(`${known}Note`)}
      checked={how === known}
      denied={undefined}
      onChoose={() => setHow(known)}
    />
  );
  return (
    <Ask title={b("parallelTitle")} onClose={onClose} onApply={apply}>
      <fieldset className={classes.choices}>
        <legend>{b("chosen", { n: slugs.length })}</legend>
        {choice("beside")}
        {choice("asNow")}
      </fieldset>
    </Ask>
  );
}

/** What the server says about each of the steps cannot be waited for by all of them. */
function useImpossible({ owner, view }: Editor, slugs: string[]): (on: string) => string | undefined {
  const { data = [] } = useQuery(refusalsQuery(owner, view, ...slugs));
  const chosen = new Set(slugs);
  return (on) => {
    if (chosen.has(on)) return b("isChosen");
    const refusal = data.find((known) => known.on === on && chosen.has(known.step ?? ""));
    return refusal && b("notFor", { name: nameOf(view.steps, refusal.step ?? ""), why: refusal.why ?? "" });
  };
}

export function WaitDialog({ editor, slugs, onClose }: BulkProps) {
  const { steps } = editor.view;
  const [on, setOn] = useState<string | null>(null);
  const whyNot = useImpossible(editor, slugs);
  const others = steps.map(slugOf).filter((slug) => !slugs.includes(slug));
  const impossible = others.filter((slug) => whyNot(slug) !== undefined);
  const data = others.map((value) => ({
    value,
    label: stepTitle(steps, value),
    disabled: impossible.includes(value),
  }));
  const apply = async () => {
    if (on === null) return;
    const plans = await plansNow(editor);
    editor.edit(b("didWait", { n: slugs.length }), (all) => bulk.waitAlsoFor(all, slugs, on, plans));
  };
  return (
    <Ask title={b("waitTitle")} denied={on === null ? b("chooseFirst") : whyNot(on)} onClose={onClose} onApply={apply}>
      <Select
        label={b("waitFor")}
        description={b("waitNote")}
        data={data}
        value={on}
        searchable
        comboboxProps={{ withinPortal: true }}
        onChange={setOn}
      />
      {impossible.length > 0 && (
        <ul className={classes.plain}>
          {impossible.map((slug) => (
            <li key={slug} className="muted">
              {`${stepTitle(steps, slug)}: ${whyNot(slug)}`}
            </li>
          ))}
        </ul>
      )}
    </Ask>
  );
}

interface MoveProps {
  editor: Editor;
  step: Step;
  onClose: () => void;
}

const FIRST = "";

export function MoveDialog({ editor, step, onClose }: MoveProps) {
  const { steps } = editor.view;
  const slug = slugOf(step);
  const at = steps.findIndex((known) => slugOf(known) === slug);
  const [to, setTo] = useState(at > 0 ? slugOf(steps[at - 1] as Step) : FIRST);
  const others = steps.filter((known) => slugOf(known) !== slug);
  const data = [
    { value: FIRST, label: b("first") },
    ...others.map((known) => {
      const value = slugOf(known);
      return { value, label: b("behind", { step: stepTitle(steps, value) }) };
    }),
  ];
  const apply = () =>
    editor.edit(t("didMove", { name: step.Name }), (all) => {
      const [first] = others;
      if (to === FIRST) return first ? edits.moveBeside(all, slug, slugOf(first), "before") : all;
      return edits.moveBeside(all, slug, to, "after");
    });
  return (
    <Ask title={b("moveTitle", { name: step.Name })} onClose={onClose} onApply={apply}>
      <Select
        label={b("moveTo")}
        data={data}
        value={to}
        searchable
        allowDeselect={false}
        onChange={(value) => value !== null && setTo(value)}
      />
    </Ask>
  );
}
