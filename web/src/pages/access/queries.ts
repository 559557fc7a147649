/** Users, teams and roles: what is read and what is changed. */
import { queryOptions } from "@tanstack/react-query";
import { answer, answerAs, api, type Schemas } from "../../api/client.ts";
import { asApiError } from "../../api/errors.ts";
import { queryClient, type Rights } from "../../api/queries.ts";

export type User = Schemas["User"];
export type Team = Schemas["Team"];
export type Role = Schemas["UserRole"];
export type Given = Schemas["ScopedUserRole"];

export const usersQuery = queryOptions({
  queryKey: ["users"],
  queryFn: () => answerAs<User[]>(api.GET("/api/users/all")),
});

/** As `usersQuery`; nothing for somebody who may not list users. */
export const usersSeenQuery = queryOptions({
  queryKey: ["users", "seen"],
  queryFn: async () => {
    try {
      return await answerAs<User[]>(api.GET("/api/users/all"));
    } catch (error) {
      if (asApiError(error).status === 403) return null;
      throw error;
    }
  },
});

export const teamsQuery = queryOptions({
  queryKey: ["teams"],
  queryFn: () => answerAs<Team[]>(api.GET("/api/teams/all")),
});

export const rolesQuery = queryOptions({
  queryKey: ["userroles"],
  queryFn: () => answerAs<Role[]>(api.GET("/api/userroles/all")),
});

export const givenQuery = queryOptions({
  queryKey: ["scopeduserroles"],
  queryFn: () => answerAs<Given[]>(api.GET("/api/scopeduserroles/all")),
});

export const rightsOfQuery = (user: string) =>
  queryOptions({
    queryKey: ["users", user, "permissions"],
    queryFn: () => answerAs<Rights>(api.GET("/api/users/{user}/permissions", { params: { path: { user } } })),
  });

async function changed() {
  const topics = ["users", "teams", "scopeduserroles", "me"];
  await Promise.all(topics.map((topic) => queryClient.invalidateQueries({ queryKey: [topic] })));
}

export async function createUser(user: object): Promise<User> {
  const made = await answer(api.POST("/api/users", { body: user as never }));
  await changed();
  return made as User;
}

export async function replaceUser(user: User) {
  await answer(api.PUT("/api/users/{id}", { params: { path: { id: user.Id ?? "" } }, body: user as never }));
  await changed();
}

export async function createTeam(team: object): Promise<Team> {
  const made = await answer(api.POST("/api/teams", { body: team as never }));
  await changed();
  return made as Team;
}

/** Replaces teams one after the other. What was replaced before a refusal stays, and the lists say so. */
export async function replaceTeams(teams: Team[]) {
  try {
    for (const team of teams) {
      await answer(api.PUT("/api/teams/{id}", { params: { path: { id: team.Id ?? "" } }, body: team as never }));
    }
  } finally {
    await changed();
  }
}

export async function deleteTeam(id: string) {
  await answerAs(api.DELETE("/api/teams/{id}", { params: { path: { id } } }));
  await changed();
}

export async function giveRole(given: Given) {
  await answer(api.POST("/api/scopeduserroles", { body: given as never }));
  await changed();
}

export async function takeRole(id: string) {
  await answerAs(api.DELETE("/api/scopeduserroles/{id}", { params: { path: { id } } }));
  await changed();
}

/** The team every user is in. */
export const EVERYONE = "teams-everyone";
