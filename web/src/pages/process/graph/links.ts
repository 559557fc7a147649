/** Making and taking away dependencies in the graph, and what has to be said or asked about it. */
import { useState } from "react";
import { queryClient } from "../../../api/queries.ts";
import { needed } from "../bulk.ts";
import { type Editor, nameOf, plansNow } from "../editor.ts";
import * as edits from "../edits.ts";
import { dependencies, isParallel, type Step, slugOf } from "../model.ts";
import { type Refusal, refusalOf, refusalsQuery, useRefusals } from "../queries.ts";
import { t } from "../text.ts";
import { g } from "./graph-text.ts";

/** A dependency being made: one end is known. */
export interface Connecting {
  slug: string;
  /** Whether the known end will be waited for (handle) or will wait (`d`). */
  end: "waitedFor" | "waits";
}

/** A line: a step, and one that it waits for. */
export interface Link {
  step: string;
  on: string;
}

/** The list of the step, if it has one that counts. */
const listOf = (step: Step | undefined) => (step && isParallel(step) ? dependencies(step) : undefined);

const find = (editor: Editor, slug: string) => editor.view.steps.find((known) => slugOf(known) === slug);

/** The step would wait for another: the reason why it cannot, from the server. */
function refusal(editor: Editor, refusals: Refusal[], { step, on }: Link): string | undefined {
  if (step === on) return g("itself");
  if (listOf(find(editor, step))?.includes(on)) return g("already", { name: nameOf(editor.view.steps, on) });
  return refusalOf(refusals, step, on);
}

/** What is to be answered: what becomes of what a step waits for without a list; why a line cannot go. */
export type Question = Link & { kind: "keep" | "implied" };

export function useLinks(editor: Editor) {
  const [connecting, setConnecting] = useState<Connecting>();
  const [question, ask] = useState<Question>();
  const [note, setNote] = useState<string>();
  const refusals = useRefusals(editor.owner, editor.view, connecting?.slug);
  const pair = (with_: Connecting, other: string): Link =>
    with_.end === "waits" ? { step: with_.slug, on: other } : { step: other, on: with_.slug };
  const name = (slug: string) => nameOf(editor.view.steps, slug);
  const set = (step: string, list: string[]) =>
    editor.edit(t("didDependencies", { name: name(step) }), (steps) => edits.waitFor(steps, step, list));
  const quiet = () => {
    setNote(undefined);
    ask(undefined);
  };
  return {
    connecting,
    question,
    note,
    quiet,
    start: (next: Connecting | undefined) => {
      quiet();
      setConnecting(editor.denied === undefined ? next : undefined);
    },
    why: (other: string) => (connecting ? refusal(editor, refusals, pair(connecting, other)) : undefined),
    finish: async (other: string) => {
      if (!connecting) return;
      const wanted = pair(connecting, other);
      setConnecting(undefined);
      // A quick hand is here before the answer; without any, saving refuses what cannot be.
      const told = queryClient.ensureQueryData(refusalsQuery(editor.owner, editor.view, connecting.slug));
      const reason = refusal(editor, await told.catch(() => []), wanted);
      if (reason) return setNote(reason);
      const list = listOf(find(editor, wanted.step));
      if (list) return set(wanted.step, [...list, wanted.on]);
      const own = editor.plan?.Steps?.find((known) => known.StepSlug === wanted.step);
      const covers = own?.WaitsFor?.some((wait) => wait.StepSlug === wanted.on);
      if (covers) setNote(g("covered", { name: name(wanted.step), on: name(wanted.on) }));
      else ask({ ...wanted, kind: "keep" });
    },
    /** Takes a line away, if it is one of a list. */
    cut: ({ step, on }: Link) => {
      if (editor.denied !== undefined) return;
      quiet();
      const list = listOf(find(editor, step));
      if (!list?.includes(on)) return ask({ step, on, kind: "implied" });
      set(
        step,
        list.filter((known) => known !== on),
      );
      setNote(g("cut", { name: name(step), on: name(on) }));
    },
    answer: async (how: "all" | "one" | "choose" | undefined) => {
      ask(undefined);
      if (!question || how === undefined) return;
      const { step, on } = question;
      const waits = how === "one" ? [] : needed(await plansNow(editor), step);
      set(step, how === "choose" ? waits : [...waits, on]);
    },
  };
}

export type Links = ReturnType<typeof useLinks>;
