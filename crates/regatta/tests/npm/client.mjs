/** The official client, signed in as the administrator, and how a program tells the test what it got. */
import octopus from "@octopusdeploy/api-client";

export { octopus };

/** What the test wants of the program. */
export const input = JSON.parse(process.env.REGATTA_INPUT ?? "{}");

export const client = (apiKey = process.env.REGATTA_KEY) =>
  octopus.Client.create({ userAgentApp: "regatta-tests", instanceURL: process.env.REGATTA_URL, apiKey });

/** The answer of the program; once. */
export const tell = (answer) => process.stdout.write(JSON.stringify(answer));

/** What a call is refused with; fails when it is not. */
export async function refusal(call) {
  let answer;
  try {
    answer = await call();
  } catch (error) {
    return { message: error.message, status: error.StatusCode ?? null, errors: error.Errors ?? null };
  }
  throw new Error(`this should have been refused: ${JSON.stringify(answer)}`);
}

/** A script on the server, as the client's own documentation writes one. */
export function scriptStep(name, script, more = {}) {
  return {
    Id: "",
    Name: name,
    Properties: {},
    Condition: "Success",
    StartTrigger: "StartAfterPrevious",
    PackageRequirement: "LetOctopusDecide",
    Actions: [
      {
        Id: "",
        Name: name,
        ActionType: "Octopus.Script",
        Notes: null,
        IsDisabled: false,
        IsRequired: false,
        CanBeUsedForProjectVersioning: false,
        WorkerPoolId: null,
        WorkerPoolVariable: "",
        Container: { Image: null, FeedId: null },
        Environments: [],
        ExcludedEnvironments: [],
        Channels: [],
        TenantTags: [],
        Packages: [],
        Condition: "Success",
        Properties: {
          "Octopus.Action.RunOnServer": "true",
          "Octopus.Action.Script.ScriptSource": "Inline",
          "Octopus.Action.Script.Syntax": "Bash",
          "Octopus.Action.Script.ScriptBody": script,
        },
      },
    ],
    ...more,
  };
}

/** A new space with a project of these steps and the environment `Dev`. */
export async function project(connected, spaceName, steps) {
  const me = await octopus.userGetCurrent(connected);
  const space = await new octopus.SpaceRepository(connected).create({
    Name: spaceName,
    IsDefault: false,
    SpaceManagersTeams: [],
    SpaceManagersTeamMembers: [me.Id],
  });
  const first = async (Repository) => (await new Repository(connected, spaceName).list({ take: 1 })).Items[0];
  const group = await first(octopus.ProjectGroupRepository);
  const lifecycle = await first(octopus.LifecycleRepository);
  const made = await new octopus.ProjectRepository(connected, spaceName).create({
    Name: "P1",
    LifecycleId: lifecycle.Id,
    ProjectGroupId: group.Id,
  });
  const processes = new octopus.DeploymentProcessRepository(connected, spaceName);
  const process = await processes.get(made);
  process.Steps = steps;
  await processes.update(made, process);
  const environment = await new octopus.EnvironmentRepository(connected, spaceName).create({ Name: "Dev" });
  return { space, project: made, environment };
}

/** Releases the project and deploys it to `Dev`. */
export async function deploy(connected, spaceName, more = {}) {
  const release = await new octopus.ReleaseRepository(connected, spaceName).create({ spaceName, ProjectName: "P1" });
  const deployment = await new octopus.DeploymentRepository(connected, spaceName).create({
    spaceName,
    ProjectName: "P1",
    ReleaseVersion: release.ReleaseVersion,
    EnvironmentNames: ["Dev"],
    ...more,
  });
  return { release, deployment: deployment.DeploymentServerTasks[0] };
}
