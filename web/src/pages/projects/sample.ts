/**
 * The sample project: seven steps in three lanes on the built-in worker, no target needed, so that somebody new sees a
 * deployment run side by side within minutes. It is made by the same calls as any other project.
 */
import { answer, api, inSpace } from "../../api/client.ts";
import { environmentsQuery, lifecyclesQuery, projectGroupsQuery, queryClient } from "../../api/queries.ts";

const NAME = "Sample: Web shop";
const ENVIRONMENTS = ["Test", "Production"];

interface SampleStep {
  name: string;
  /** Slugs of the steps it waits for; none: it starts with the deployment. */
  after: string[];
  does: string;
}

const work = (what: string, seconds: number) =>
  `for part in $(seq 1 ${seconds}); do\n  echo "${what}: part $part of ${seconds}"\n  sleep 1\ndone`;

const STEPS: SampleStep[] = [
  { name: "Back up database", after: [], does: work("Backing up", 2) },
  { name: "Migrate database", after: ["back-up-database"], does: work("Migrating", 4) },
  { name: "Upload assets", after: ["back-up-database"], does: work("Uploading", 2) },
  { name: "Warm cache", after: ["back-up-database"], does: work("Warming", 5) },
  { name: "Deploy API", after: ["migrate-database"], does: work("Deploying the API", 4) },
  { name: "Deploy web", after: ["upload-assets"], does: work("Deploying the pages", 3) },
  {
    name: "Smoke test",
    after: ["deploy-api", "deploy-web", "warm-cache"],
    does: 'echo "The shop answers."\nsleep 1',
  },
];

/** Makes the project and what it needs. Answers with its slug. */
export async function makeSample(): Promise<string> {
  const [known, groups, lifecycles] = await Promise.all([
    queryClient.fetchQuery(environmentsQuery),
    queryClient.fetchQuery(projectGroupsQuery),
    queryClient.fetchQuery(lifecyclesQuery),
  ]);
  for (const Name of ENVIRONMENTS) {
    if (known.some((environment) => environment.Name === Name)) continue;
    await answer(api.POST("/api/{spaceId}/environments", { params: { path: inSpace() }, body: { Name } as never }));
  }
  const Description = "Seven steps in three lanes that only pretend to work. Change it, break it, delete it.";
  const project = await answer(
    api.POST("/api/{spaceId}/projects", {
      params: { path: inSpace() },
      body: { Name: NAME, Description, ProjectGroupId: groups[0]?.Id, LifecycleId: lifecycles[0]?.Id } as never,
    }),
  );
  const params = { path: inSpace({ project: project.Id ?? "" }) };
  const process = await answer(api.GET("/api/{spaceId}/projects/{project}/deploymentprocesses", { params }));
  const body = { ...process, Steps: STEPS.map(stepOf) } as never;
  await answer(api.PUT("/api/{spaceId}/projects/{project}/deploymentprocesses", { params, body }));
  await queryClient.invalidateQueries();
  return project.Slug ?? project.Id ?? "";
}

function stepOf({ name, after, does }: SampleStep) {
  return {
    Name: name,
    StartTrigger: "StartWithPrevious",
    Condition: "Success",
    PackageRequirement: "LetOctopusDecide",
    Properties: { "Regatta.Step.DependsOn": JSON.stringify(after) },
    Actions: [
      {
        Name: name,
        ActionType: "Octopus.Script",
        Properties: {
          "Octopus.Action.RunOnServer": "true",
          "Octopus.Action.Script.ScriptSource": "Inline",
          "Octopus.Action.Script.Syntax": "Bash",
          "Octopus.Action.Script.ScriptBody": does,
        },
      },
    ],
  };
}
