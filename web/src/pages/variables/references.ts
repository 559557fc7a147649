/** What variables refer to by id, by name: accounts, certificates, worker pools. */
import { queryOptions, useQuery } from "@tanstack/react-query";
import { answerAs, api, inSpace } from "../../api/client.ts";
import { workerPoolsQuery } from "../../api/queries.ts";
import { isReference, typeOf, type Variable } from "./draft.ts";
import type { Named } from "./store.ts";
import { t } from "./text.ts";

export type ReferenceKind = "account" | "certificate" | "pool";
export type References = Record<ReferenceKind, Named[]>;

const here = { params: { path: inSpace() } };
const accountsQuery = queryOptions({
  queryKey: ["accounts"],
  queryFn: () => answerAs<Named[]>(api.GET("/api/{spaceId}/accounts/all", here)),
});
const certificatesQuery = queryOptions({
  queryKey: ["certificates"],
  queryFn: () => answerAs<Named[]>(api.GET("/api/{spaceId}/certificates/all", here)),
});

export function kindOfReference(variable: Variable): ReferenceKind | undefined {
  if (!isReference(variable)) return undefined;
  const type = typeOf(variable);
  return type === "Certificate" ? "certificate" : type === "WorkerPool" ? "pool" : "account";
}

export const wordOf = (kind: ReferenceKind) => t(kind);

/** Only what some variable refers to is asked for; what the person may not see stays an id. */
export function useReferences(variables: Variable[]): References {
  const kinds = new Set(variables.map(kindOfReference));
  const { data: account } = useQuery({ ...accountsQuery, enabled: kinds.has("account") });
  const { data: certificate } = useQuery({ ...certificatesQuery, enabled: kinds.has("certificate") });
  const { data: pool } = useQuery({ ...workerPoolsQuery, enabled: kinds.has("pool") });
  return { account: account ?? [], certificate: certificate ?? [], pool: (pool ?? []) as Named[] };
}

export function nameOfReference(variable: Variable, kind: ReferenceKind, known: References): string {
  const id = variable.Value ?? "";
  return known[kind].find((one) => one.Id === id)?.Name ?? id;
}
