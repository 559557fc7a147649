/** The project of the story for tests: seven steps in three lanes, over five targets, as fast as a test wants it. */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Server } from "./server.ts";

const SPACE = "/api/Spaces-1";

export interface ShopStep {
  name: string;
  /** Target tag; left out = once on the worker. */
  on?: string;
  /** Slugs it waits for; left out = every step before it. */
  after?: string[];
  /** Parallel with its dependencies not set: it starts together with the step before. */
  isBeside?: boolean;
  condition?: "Failure" | "Always";
  /** Of the step itself. */
  properties?: Record<string, string>;
  script?: string;
  action?: Record<string, unknown>;
}

/** Scripts wait at it until the test has seen what it wants to see of them, however slow the machine is. */
export interface Gate {
  file: string;
  open(): Promise<void>;
}

let gates = 0;
export function gate(server: Server): Gate {
  const file = join(server.dataDir, `gate-${gates++}`);
  return { file, open: () => writeFile(file, "") };
}

/** One minute of a real deployment takes `minuteMs` here. With gates the three lanes run until theirs is opened. */
export function webShop(minuteMs: number, lanes?: Gate, warm = lanes): ShopStep[] {
  const busy = (minutes: number) => `echo working; sleep ${((minutes * minuteMs) / 1000).toFixed(2)}; echo done`;
  const held = (minutes: number, until = lanes) =>
    until ? `until [ -e '${until.file}' ]; do sleep 0.05; done; ${busy(minutes)}` : busy(minutes);
  return [
    { name: "Back up database", on: "db", script: busy(0.67) },
    { name: "Migrate database", on: "db", after: ["back-up-database"], script: held(1.83) },
    { name: "Upload assets", after: ["back-up-database"], script: held(0.92) },
    { name: "Warm cache", after: ["back-up-database"], script: held(2.17, warm) },
    { name: "Deploy API", on: "web", after: ["migrate-database"], script: busy(2.08) },
    { name: "Deploy web", on: "web", after: ["migrate-database", "upload-assets"], script: busy(1.67) },
    { name: "Smoke test", script: busy(0.75) },
  ];
}

export const approval: ShopStep["action"] = {
  ActionType: "Octopus.Manual",
  Properties: {
    "Octopus.Action.Manual.Instructions": "Check the **schema** change with the DBA team.\n\n- read the diff",
  },
};

function asStep(step: ShopStep) {
  return {
    Name: step.name,
    ...(step.condition && { Condition: step.condition }),
    StartTrigger: step.after || step.isBeside ? "StartWithPrevious" : "StartAfterPrevious",
    Properties: {
      ...step.properties,
      ...(step.after && { "Regatta.Step.DependsOn": JSON.stringify(step.after) }),
      ...(step.on && { "Octopus.Action.TargetRoles": step.on }),
    },
    Actions: [
      {
        Name: step.name,
        ActionType: "Octopus.Script",
        Properties: {
          "Octopus.Action.RunOnServer": step.on ? "False" : "True",
          "Octopus.Action.Script.Syntax": "Bash",
          "Octopus.Action.Script.ScriptBody": step.script ?? "echo done",
        },
        ...step.action,
      },
    ],
  };
}

/** Environment Test with db-01 and web-01 to web-04: targets without an agent, so that the built-in worker acts for them. */
export async function targets(server: Server): Promise<string> {
  const environment = await server.call<{ Id: string }>("POST", `${SPACE}/environments`, { Name: "Test" });
  for (const name of ["db-01", "web-01", "web-02", "web-03", "web-04"]) {
    await server.call("POST", `${SPACE}/machines`, {
      Name: name,
      EnvironmentIds: [environment.Id],
      Roles: [name.slice(0, name.indexOf("-"))],
      Endpoint: { CommunicationStyle: "None" },
    });
  }
  return environment.Id;
}

export interface Shop {
  slug: string;
  id: string;
  /** Creates a release and deploys it. */
  deploy(more?: object): Promise<{ n: string; task: string }>;
}

export async function project(server: Server, name: string, steps: ShopStep[], environment: string): Promise<Shop> {
  const body = { Name: name, ProjectGroupId: "ProjectGroups-1", LifecycleId: "Lifecycles-1" };
  const made = await server.call<{ Id: string; Slug: string }>("POST", `${SPACE}/projects`, body);
  const process = await server.call<object>("GET", `${SPACE}/projects/${made.Id}/deploymentprocesses`);
  await server.call("PUT", `${SPACE}/projects/${made.Id}/deploymentprocesses`, {
    ...process,
    Steps: steps.map(asStep),
  });
  let version = 0;
  return {
    slug: made.Slug,
    id: made.Id,
    async deploy(more = {}) {
      version += 1;
      const release = await server.call<{ Id: string }>("POST", `${SPACE}/releases`, {
        ProjectId: made.Id,
        Version: `1.0.${version}`,
      });
      const deployment = await server.call<{ Id: string; TaskId: string }>("POST", `${SPACE}/deployments`, {
        ReleaseId: release.Id,
        EnvironmentId: environment,
        ...more,
      });
      return { n: deployment.Id.slice(deployment.Id.lastIndexOf("-") + 1), task: deployment.TaskId };
    },
  };
}

/** Until a task is over; also where tests are prepared. */
export async function ended(server: Server, task: string) {
  while (!(await server.call<{ IsCompleted: boolean }>("GET", `/api/tasks/${task}`)).IsCompleted) {
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}
