/** The draft with everything around it that the list, the graph and the step settings share. */
import { useSuspenseQuery } from "@tanstack/react-query";
import { useEffect } from "react";
import { useDenied } from "../../api/can.ts";
import { projectQuery, queryClient } from "../../api/queries.ts";
import type { Loading } from "../../routing.tsx";
import { type Draft, type DraftView, draftOf, useDraftView } from "./draft.ts";
import type { PlanStep, Problem, ProcessPlan, Step } from "./model.ts";
import { slugOf } from "./model.ts";
import { planQuery, planSaved, processQuery, usePlan } from "./queries.ts";

export interface Editor {
  /** As in the address. */
  project: string;
  projectName: string;
  draft: Draft;
  view: DraftView;
  plan: ProcessPlan | undefined;
  /** True while what the server says is of an earlier state of the draft. */
  isPlanOld: boolean;
  planError: unknown;
  /** Why it cannot be edited; `undefined` when it can. */
  denied: string | undefined;
  edit: (did: string, change: (steps: Step[]) => Step[], isTyping?: boolean) => void;
}

/** The process, and what the server says of it, so that the first picture is complete. */
export async function loadEditor({ params }: Loading) {
  const project = params.project ?? "";
  const isFirst = queryClient.getQueryData(processQuery(project).queryKey) === undefined;
  // Mostly there is no draft: then both can be asked for at once.
  const saved = isFirst ? planSaved(project).catch(() => undefined) : undefined;
  const process = await queryClient.ensureQueryData(processQuery(project));
  const view = draftOf(process).current();
  if (view.steps.length === 0) return;
  const plan = await saved;
  const query = planQuery(project, view);
  if (plan && plan.Version === view.base.Version && !view.isChanged) queryClient.setQueryData(query.queryKey, plan);
  else await queryClient.prefetchQuery(query);
}

export function useEditor(project: string): Editor {
  const { data: known } = useSuspenseQuery(projectQuery(project));
  const { data: process } = useSuspenseQuery(processQuery(project));
  const draft = draftOf(process);
  useEffect(() => draft.heard(process), [draft, process]);
  const view = useDraftView(draft);
  const { data: plan, isPlaceholderData, error } = usePlan(project, view);
  const denied = useDenied("ProcessEdit", { project: known });
  const edit: Editor["edit"] = (did, change, isTyping) => {
    if (denied === undefined) draft.edit(did, change, isTyping);
  };
  return {
    project,
    projectName: known.Name ?? project,
    draft,
    view,
    plan: view.steps.length > 0 ? plan : undefined,
    isPlanOld: isPlaceholderData,
    planError: error,
    denied,
    edit,
  };
}

export function planOf(editor: Editor, slug: string): PlanStep | undefined {
  return editor.plan?.Steps?.find((step) => step.StepSlug === slug);
}

export function problemsOf(editor: Editor, slug: string): Problem[] {
  return editor.plan?.Problems?.filter((problem) => problem.Steps?.[0]?.Slug === slug) ?? [];
}

/** The slugs a step waits for in the draft as it is now, whatever of it the page has heard yet. */
export async function waitsNow({ project, draft }: Pick<Editor, "project" | "draft">, slug: string): Promise<string[]> {
  const view = draft.current();
  const plan = await queryClient.fetchQuery(planQuery(project, view));
  if (draft.current().revision !== view.revision) return waitsNow({ project, draft }, slug);
  const step = plan.Steps?.find((known) => known.StepSlug === slug);
  return step?.WaitsFor?.map((wait) => wait.StepSlug ?? "") ?? [];
}

/** `2 Migrate database` of a slug; the slug itself when the step is gone. */
export function stepTitle(steps: Step[], slug: string): string {
  const index = steps.findIndex((step) => slugOf(step) === slug);
  return index < 0 ? slug : `${index + 1} ${steps[index]?.Name}`;
}

export function nameOf(steps: Step[], slug: string): string {
  return steps.find((step) => slugOf(step) === slug)?.Name ?? slug;
}
