/**
 * What the person may do. The answers come from the server's list of their rights; nothing is decided here that the
 * server would not refuse as well. Controls of what is denied stay visible, disabled, with the reason: see `ui/Action`.
 */
import { useQuery, useSuspenseQuery } from "@tanstack/react-query";
import { common } from "../text/common.ts";
import { permissionsQuery, type Restriction, type Rights, rightsQuery } from "./queries.ts";

/** What something is part of; a right restricted to other projects or environments does not count for it. */
export interface Place {
  project?: { Id?: string; ProjectGroupId?: string } | undefined;
  environmentId?: string | undefined;
}

function covers(restriction: Restriction, place: Place): boolean {
  const within = (ids: string[], id: string | undefined) => ids.length === 0 || id === undefined || ids.includes(id);
  return (
    within(restriction.RestrictedToProjectIds, place.project?.Id) &&
    within(restriction.RestrictedToProjectGroupIds, place.project?.ProjectGroupId) &&
    within(restriction.RestrictedToEnvironmentIds, place.environmentId)
  );
}

export function can(rights: Rights | undefined, permission: string, place: Place = {}): boolean {
  if (!rights) return false;
  if (rights.SystemPermissions.includes(permission)) return true;
  return (rights.SpacePermissions[permission] ?? []).some((restriction) => covers(restriction, place));
}

/**
 * Why the person may not do it; `undefined` when they may. Pass it to `Action` as `denied`:
 * `<Action denied={useDenied("ProcessEdit", { project })} …>`.
 */
export function useDenied(permission: string, place: Place = {}): string | undefined {
  const { data: rights } = useSuspenseQuery(rightsQuery);
  const isAllowed = can(rights, permission, place);
  const { data: permissions } = useQuery({ ...permissionsQuery, enabled: !isAllowed });
  if (isAllowed) return undefined;
  const name = permissions?.find((known) => known.Id === permission)?.Description ?? permission;
  return common("needs", { permission: name, ask: common("askAdmin") });
}
