/** Small projects for tests, made through the API. */
import type { Server } from "./server.ts";

const space = "/api/Spaces-1";

/** A step with a script; `after` lists the slugs it waits for, left out it follows the step before. */
export function scriptStep(name: string, after?: string[], script = `echo ${name}`) {
  const action = {
    "Octopus.Action.RunOnServer": "True",
    "Octopus.Action.Script.Syntax": "Bash",
    "Octopus.Action.Script.ScriptBody": script,
  };
  return step(name, after, { Name: name, ActionType: "Octopus.Script", Properties: action });
}

export function manualStep(name: string, instructions: string) {
  const action = { "Octopus.Action.RunOnServer": "True", "Octopus.Action.Manual.Instructions": instructions };
  return step(name, undefined, { Name: name, ActionType: "Octopus.Manual", Properties: action });
}

function step(name: string, after: string[] | undefined, action: object) {
  return {
    Name: name,
    StartTrigger: after ? "StartWithPrevious" : "StartAfterPrevious",
    Properties: after ? { "Regatta.Step.DependsOn": JSON.stringify(after) } : {},
    Actions: [action],
  };
}

export interface Made {
  Id: string;
  Slug: string;
}

export async function makeEnvironments(server: Server, ...names: string[]): Promise<string[]> {
  const ids: string[] = [];
  for (const Name of names) ids.push((await server.call<Made>("POST", `${space}/environments`, { Name })).Id);
  return ids;
}

export async function makeProject(server: Server, name: string, steps: unknown[]): Promise<Made> {
  const body = { Name: name, ProjectGroupId: "ProjectGroups-1", LifecycleId: "Lifecycles-1" };
  const made = await server.call<Made>("POST", `${space}/projects`, body);
  const process = await server.call<object>("GET", `${space}/projects/${made.Id}/deploymentprocesses`);
  await server.call("PUT", `${space}/projects/${made.Id}/deploymentprocesses`, { ...process, Steps: steps });
  return made;
}

export async function deploy(server: Server, project: Made, version: string, environmentId: string): Promise<string> {
  const release = await server.call<Made>("POST", `${space}/releases`, { ProjectId: project.Id, Version: version });
  const deployment = { ReleaseId: release.Id, EnvironmentId: environmentId };
  return (await server.call<{ TaskId: string }>("POST", `${space}/deployments`, deployment)).TaskId;
}

export const viewer = { username: "viv", password: "Correct-Horse-8" };

/** Somebody who may see everything of projects and environments, and change nothing. Answers with their team. */
export async function makeViewer(server: Server): Promise<string> {
  const user = await server.call<Made>("POST", "/api/users", {
    Username: viewer.username,
    DisplayName: "Viv Viewer",
    Password: viewer.password,
  });
  const team = await server.call<Made>("POST", "/api/teams", {
    Name: "Viewers",
    MemberUserIds: [user.Id],
    SpaceId: "Spaces-1",
  });
  for (const UserRoleId of ["userroles-projectviewer", "userroles-environmentviewer"]) {
    await server.call("POST", "/api/scopeduserroles", { TeamId: team.Id, UserRoleId, SpaceId: "Spaces-1" });
  }
  return team.Id;
}
