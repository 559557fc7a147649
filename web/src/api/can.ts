/**
 * What the person may do. The answers come from the server's list of their rights; nothing is decided here that the
 * server would not refuse as well. Controls of what is denied stay visible, disabled, with the reason: see `ui/Action`.
 */
import { useQuery, useSuspenseQuery } from "@tanstack/react-query";
import { common } from "../text/common.ts";
import { listed } from "../text/messages.ts";
import { holdersQuery, type Restriction, type Rights, rightsQuery } from "./queries.ts";

/** What something is part of; a right restricted to other projects or environments does not count for it. */
export interface Place {
  project?: { Id?: string; ProjectGroupId?: string } | undefined;
  environmentId?: string | undefined;
}

/** What a right is restricted to; nothing of a kind is all of it. */
interface Bounds {
  projects: string[] | undefined;
  groups: string[] | undefined;
  environments: string[] | undefined;
}

export function reaches({ projects, groups, environments }: Bounds, { project, environmentId }: Place): boolean {
  const within = (ids: string[] = [], id: string | undefined) =>
    ids.length === 0 || id === undefined || ids.includes(id);
  return (
    within(projects, project?.Id) && within(groups, project?.ProjectGroupId) && within(environments, environmentId)
  );
}

function covers(restriction: Restriction, place: Place): boolean {
  const bounds = {
    projects: restriction.RestrictedToProjectIds,
    groups: restriction.RestrictedToProjectGroupIds,
    environments: restriction.RestrictedToEnvironmentIds,
  };
  return reaches(bounds, place);
}

export function can(rights: Rights | undefined, permission: string, place: Place = {}): boolean {
  if (!rights) return false;
  if (rights.SystemPermissions.includes(permission)) return true;
  return (rights.SpacePermissions[permission] ?? []).some((restriction) => covers(restriction, place));
}

/**
 * Why the person may not do it and whom to ask; `undefined` when they may. Pass it to `Action` as `denied`:
 * `<Action denied={useDenied("ProcessEdit", { project })} …>`.
 */
export function useDenied(permission: string, place: Place = {}): string | undefined {
  const { data: rights } = useSuspenseQuery(rightsQuery);
  const isAllowed = can(rights, permission, place);
  const { data: holders } = useQuery({
    ...holdersQuery(permission, place.project?.Id, place.environmentId),
    enabled: !isAllowed,
  });
  if (isAllowed) return undefined;
  const teams = holders?.Teams ?? [];
  const ask = teams.length > 0 ? common("askTeams", { teams: listed(teams) }) : common("askAdmin");
  return common("needs", { permission: holders?.Description ?? permission, ask });
}
