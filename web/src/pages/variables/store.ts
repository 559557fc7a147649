/** The draft of each project while the portal is open, and saving it. */
import { queryOptions } from "@tanstack/react-query";
import { useMemo, useSyncExternalStore } from "react";
import { answer, api, inSpace } from "../../api/client.ts";
import { myId, queryClient } from "../../api/queries.ts";
import { forgetsWithPerson } from "../../api/session.ts";
import { changeCount, type Draft, draftOf, type VariableSet } from "./draft.ts";

export interface ScopeValues {
  Environments: Named[];
  Machines: Named[];
  Actions: Named[];
  Roles: Named[];
  Channels: Named[];
}
export interface Named {
  Id: string;
  Name: string;
}

export const variablesQuery = (project: string) =>
  queryOptions({
    queryKey: ["variables", project],
    queryFn: () =>
      answer(api.GET("/api/{spaceId}/projects/{project}/variables", { params: { path: inSpace({ project }) } })),
  });

/** By person and project. They are in memory only, because secrets may have been typed. */
const drafts = new Map<string, Draft>();
const listeners = new Set<() => void>();
const keyOf = (project: string) => `${myId()} ${project}`;

function tell() {
  for (const listener of listeners) listener();
}

export function subscribe(listener: () => void) {
  listeners.add(listener);
  return () => {
    listeners.delete(listener);
  };
}

export function setDraft(project: string, draft: Draft | undefined) {
  if (draft) drafts.set(keyOf(project), draft);
  else drafts.delete(keyOf(project));
  tell();
}

forgetsWithPerson(() => {
  drafts.clear();
  tell();
});

addEventListener("beforeunload", (event) => {
  if ([...drafts.values()].some((draft) => changeCount(draft) > 0)) event.preventDefault();
});

/** The draft as it is at this moment, which may be newer than the one a component has shown. */
export function keptDraft(project: string): Draft | undefined {
  return drafts.get(keyOf(project));
}

/** The draft of the project; without one, what is saved. */
export function useDraft(project: string, saved: VariableSet): Draft {
  const kept = useSyncExternalStore(subscribe, () => keptDraft(project));
  const isChanged = kept !== undefined && changeCount(kept) > 0;
  const fresh = useMemo(() => draftOf(saved), [saved]);
  // Without changes of ours what others save shows at once.
  return kept && (isChanged || kept.base.Version === saved.Version) ? kept : fresh;
}

export async function saveSet(project: string, set: VariableSet): Promise<VariableSet> {
  const path = inSpace({ id: set.Id ?? "" });
  const saved = await answer(api.PUT("/api/{spaceId}/variables/{id}", { params: { path }, body: set as never }));
  queryClient.setQueryData(variablesQuery(project).queryKey, saved as never);
  queryClient.invalidateQueries({ queryKey: ["variables", project, "usages"] });
  return saved as VariableSet;
}
