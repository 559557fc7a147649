/** The draft with everything around it that the list, the graph and the step settings share. */
import { useQuery, useSuspenseQuery } from "@tanstack/react-query";
import { useEffect } from "react";
import { useDenied } from "../../api/can.ts";
import { environmentsQuery, projectQuery, queryClient } from "../../api/queries.ts";
import { type Owner, ownerIn, partsOf } from "../../paths.ts";
import type { Loading } from "../../routing.tsx";
import { runbookQuery } from "../runbooks/queries.ts";
import { type Draft, type DraftView, draftOf, useDraftView } from "./draft.ts";
import type { PlanStep, Problem, ProcessPlan, Step } from "./model.ts";
import { slugOf } from "./model.ts";
import { planQuery, planSaved, processQuery, usePlan } from "./queries.ts";
import { type BySlug, bySlug } from "./words.ts";

export interface Editor {
  owner: Owner;
  ownerName: string;
  /** Whether it is the process of a runbook: it belongs to no release. */
  isRunbook: boolean;
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
  const owner = ownerIn(params);
  const isFirst = queryClient.getQueryData(processQuery(owner).queryKey) === undefined;
  // Mostly there is no draft: then both can be asked for at once.
  const saved = isFirst ? planSaved(owner).catch(() => undefined) : undefined;
  // Steps name environments.
  const environments = queryClient.prefetchQuery(environmentsQuery);
  const process = await queryClient.ensureQueryData(processQuery(owner));
  await environments;
  const view = draftOf(process).current();
  if (view.steps.length === 0) return;
  const plan = await saved;
  const query = planQuery(owner, view);
  if (plan && plan.Version === view.base.Version && !view.isChanged) queryClient.setQueryData(query.queryKey, plan);
  else await queryClient.prefetchQuery(query);
}

/** Whose process it is, and what one needs to change it. */
export function useOwned(owner: Owner): { name: string; denied: string | undefined } {
  const { project: slug, runbook: isRunbook } = partsOf(owner);
  const { data: project } = useSuspenseQuery(projectQuery(slug));
  const { data: runbook } = useQuery({ ...runbookQuery(owner), enabled: isRunbook !== undefined });
  const denied = useDenied(isRunbook ? "RunbookEdit" : "ProcessEdit", { project });
  return { name: (isRunbook ? runbook?.Name : project.Name) ?? owner, denied };
}

export function useEditor(owner: Owner): Editor {
  const { data: process } = useSuspenseQuery(processQuery(owner));
  const draft = draftOf(process);
  useEffect(() => draft.heard(process), [draft, process]);
  const view = useDraftView(draft);
  const { data: plan, isPlaceholderData, error } = usePlan(owner, view);
  const { name, denied } = useOwned(owner);
  const edit: Editor["edit"] = (did, change, isTyping) => {
    if (denied === undefined) draft.edit(did, change, isTyping);
  };
  return {
    owner,
    ownerName: name,
    isRunbook: partsOf(owner).runbook !== undefined,
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

/** What the server says of the draft as it is now, whatever of it the page has heard yet. */
export async function plansNow({ owner, draft }: Pick<Editor, "owner" | "draft">): Promise<BySlug> {
  const view = draft.current();
  const plan = await queryClient.fetchQuery(planQuery(owner, view));
  if (draft.current().revision !== view.revision) return plansNow({ owner, draft });
  return bySlug(plan.Steps ?? []);
}

/** `2 Migrate database` of a slug; the slug itself when the step is gone. */
export function stepTitle(steps: Step[], slug: string): string {
  const index = steps.findIndex((step) => slugOf(step) === slug);
  return index < 0 ? slug : `${index + 1} ${steps[index]?.Name}`;
}

export function nameOf(steps: Step[], slug: string): string {
  return steps.find((step) => slugOf(step) === slug)?.Name ?? slug;
}
