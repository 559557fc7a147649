import { expect, test } from "vitest";
import { can } from "./can.ts";
import type { Restriction, Rights } from "./queries.ts";

const restricted = (only: Partial<Restriction>): Restriction => ({
  SpaceId: "Spaces-1",
  RestrictedToProjectIds: [],
  RestrictedToEnvironmentIds: [],
  RestrictedToProjectGroupIds: [],
  RestrictedToTenantIds: [],
  ...only,
});

const rights: Rights = {
  SystemPermissions: ["UserView"],
  SpacePermissions: {
    ProcessEdit: [restricted({ RestrictedToProjectIds: ["Projects-1"] })],
    DeploymentCreate: [restricted({ RestrictedToEnvironmentIds: ["Environments-1"] })],
    ProjectView: [restricted({})],
  },
  Teams: [],
};

test("a right counts only where it was given", () => {
  expect(can(rights, "ProjectView", { project: { Id: "Projects-9" } })).toBe(true);
  expect(can(rights, "ProcessEdit", { project: { Id: "Projects-1" } })).toBe(true);
  expect(can(rights, "ProcessEdit", { project: { Id: "Projects-2" } })).toBe(false);
  expect(can(rights, "DeploymentCreate", { environmentId: "Environments-2" })).toBe(false);
  expect(can(rights, "UserView")).toBe(true);
  expect(can(rights, "UserEdit")).toBe(false);
  expect(can(undefined, "ProjectView")).toBe(false);
});
