/** Runbooks for tests, made through the API. */
import type { Made } from "./sample.ts";
import type { Server } from "./server.ts";

const SPACE = "/api/Spaces-1";

export interface TestRunbook extends Made {
  /** Below it are all of its pages. */
  at: string;
  setSteps(steps: unknown[]): Promise<void>;
  /** Takes a snapshot of the process as it is, and publishes it. */
  publish(): Promise<void>;
  /** Runs what is published. */
  run(environment: string, more?: object): Promise<{ n: string; task: string }>;
}

/** One with these steps, published. */
export async function makeRunbook(server: Server, project: Made, name: string, steps: unknown[]): Promise<TestRunbook> {
  const made = await server.call<Made & { RunbookProcessId: string }>("POST", `${SPACE}/runbooks`, {
    Name: name,
    ProjectId: project.Id,
  });
  const runbook: TestRunbook = {
    Id: made.Id,
    Slug: made.Slug,
    at: `/projects/${project.Slug}/runbooks/${made.Slug}`,
    async setSteps(next) {
      const path = `${SPACE}/runbookProcesses/${made.RunbookProcessId}`;
      await server.call("PUT", path, { ...(await server.call<object>("GET", path)), Steps: next });
    },
    async publish() {
      await server.call("POST", `${SPACE}/runbookSnapshots?publish=true`, { RunbookId: made.Id });
    },
    async run(environment, more = {}) {
      const body = { RunbookId: made.Id, EnvironmentId: environment, ...more };
      const run = await server.call<{ Id: string; TaskId: string }>("POST", `${SPACE}/runbookRuns`, body);
      return { n: run.Id.slice(run.Id.lastIndexOf("-") + 1), task: run.TaskId };
    },
  };
  if (steps.length > 0) {
    await runbook.setSteps(steps);
    await runbook.publish();
  }
  return runbook;
}
