/** What pages read, as options for TanStack Query: a loader ensures them, a component uses them, a change invalidates them. */
import { QueryClient, queryOptions } from "@tanstack/react-query";
import { answer, answerAs, api, inSpace } from "./client.ts";
import { asApiError } from "./errors.ts";

export const queryClient = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 5_000,
      retry: (count, error) => count < 2 && asApiError(error).isPassing,
      retryDelay: (count) => 500 * 2 ** count,
      refetchOnWindowFocus: true,
    },
  },
});

export interface ServerRoot {
  ProductVersion?: string;
  NeedsSetup?: boolean;
}

export const rootQuery = queryOptions({
  queryKey: ["root"],
  queryFn: () => answerAs<ServerRoot>(api.GET("/api")),
  staleTime: 60_000,
});

export const meQuery = queryOptions({
  queryKey: ["me"],
  queryFn: () => answer(api.GET("/api/users/me")),
  staleTime: 60_000,
  retry: false,
});

/** Who is signed in: what is kept of somebody's work is kept for them alone. */
export function myId(): string {
  return queryClient.getQueryData(meQuery.queryKey)?.Id ?? "";
}

export interface Restriction {
  SpaceId: string;
  RestrictedToProjectIds: string[];
  RestrictedToEnvironmentIds: string[];
  RestrictedToProjectGroupIds: string[];
  RestrictedToTenantIds: string[];
}

export interface Rights {
  SpacePermissions: Record<string, Restriction[]>;
  SystemPermissions: string[];
  Teams: { Id: string; Name: string }[];
}

export const rightsQuery = queryOptions({
  queryKey: ["me", "permissions"],
  queryFn: () => answerAs<Rights>(api.GET("/api/users/{user}/permissions", { params: { path: { user: "me" } } })),
  staleTime: 60_000,
});

/** Which teams have a permission at a place: whom to ask for it. */
export const holdersQuery = (permission: string, project?: string, environment?: string) =>
  queryOptions({
    queryKey: ["me", "holders", permission, project ?? "", environment ?? ""],
    queryFn: () => {
      const query = { permission, ...(project && { project }), ...(environment && { environment }) };
      return answer(api.GET("/api/{spaceId}/permissions/holders", { params: { path: inSpace(), query } }));
    },
    staleTime: 60_000,
  });

export const permissionsQuery = queryOptions({
  queryKey: ["permissions"],
  queryFn: () => answerAs<{ Id: string; Description: string }[]>(api.GET("/api/permissions/all")),
  staleTime: Number.POSITIVE_INFINITY,
});

/** A project by slug or id. */
export const projectQuery = (project: string) =>
  queryOptions({
    queryKey: ["projects", project],
    queryFn: () => answer(api.GET("/api/{spaceId}/projects/{id}", { params: { path: inSpace({ id: project }) } })),
  });

export const projectsQuery = queryOptions({
  queryKey: ["projects"],
  queryFn: () => answer(api.GET("/api/{spaceId}/projects/all", { params: { path: inSpace() } })),
});

export const projectGroupsQuery = queryOptions({
  queryKey: ["projectgroups"],
  queryFn: () => answer(api.GET("/api/{spaceId}/projectgroups/all", { params: { path: inSpace() } })),
});

export const environmentsQuery = queryOptions({
  queryKey: ["environments"],
  queryFn: () => answer(api.GET("/api/{spaceId}/environments/all", { params: { path: inSpace() } })),
});

export const lifecyclesQuery = queryOptions({
  queryKey: ["lifecycles"],
  queryFn: () => answer(api.GET("/api/{spaceId}/lifecycles/all", { params: { path: inSpace() } })),
});

export const machinesQuery = queryOptions({
  queryKey: ["machines"],
  queryFn: () => answer(api.GET("/api/{spaceId}/machines/all", { params: { path: inSpace() } })),
});

export const workerPoolsQuery = queryOptions({
  queryKey: ["workerpools"],
  queryFn: () => answer(api.GET("/api/{spaceId}/workerpools/all", { params: { path: inSpace() } })),
});

/** How many interruptions wait for a person. */
export const attentionQuery = queryOptions({
  queryKey: ["interruptions", "pending-count"],
  queryFn: async () => {
    const query = { pendingOnly: "true", take: "1" };
    const call = api.GET("/api/{spaceId}/interruptions", { params: { path: inSpace(), query } });
    return (await answerAs<{ TotalResults: number }>(call)).TotalResults;
  },
});
