/**
 * The portal's budgets on a large data set (docs/portal-checks.md names them): prints each figure beside its budget.
 * A measurement, not a test: nothing here fails because a machine is slow. Run it with `bench/portal`.
 */
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, test } from "vitest";
import { launchBrowser, openPage, signIn } from "./browser.ts";
import { makeEnvironments, makeProject, scriptStep } from "./sample.ts";
import { type Server, startServer } from "./server.ts";

const SPACE = "/api/Spaces-1";
const ROUNDS = 5;

let browser: Browser;
let server: Server;
beforeAll(async () => {
  [browser, server] = await Promise.all([launchBrowser(), startServer()]);
  await makeEnvironments(server, "Test");
});
afterAll(async () => {
  await browser?.close();
  await server?.stop();
});

async function deploy(slug: string): Promise<{ number: string; task: string }> {
  const release = await server.call<{ ReleaseVersion: string }>("POST", `${SPACE}/releases/create/v1`, {
    ProjectName: slug,
  });
  const command = { ProjectName: slug, ReleaseVersion: release.ReleaseVersion, EnvironmentNames: ["Test"] };
  const made = await server.call<{ DeploymentServerTasks: { DeploymentId: string; ServerTaskId: string }[] }>(
    "POST",
    `${SPACE}/deployments/create/untenanted/v1`,
    command,
  );
  const [first] = made.DeploymentServerTasks;
  if (!first) throw new Error("nothing was deployed");
  return { number: first.DeploymentId.replace(/^.*-/, ""), task: first.ServerTaskId };
}

async function over(task: string) {
  for (;;) {
    const { IsCompleted } = await server.call<{ IsCompleted: boolean }>("GET", `/api/tasks/${task}`);
    if (IsCompleted) return;
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
}

/** Milliseconds from going to an address until `ready`, the worst of some rounds but the first. */
async function usable(page: Page, address: string, ready: () => Promise<unknown>): Promise<number> {
  const all: number[] = [];
  for (let round = 0; round <= ROUNDS; round++) {
    await page.goto("about:blank");
    const from = performance.now();
    await page.goto(address, { waitUntil: "commit" });
    await ready();
    if (round > 0) all.push(performance.now() - from);
  }
  return Math.max(...all);
}

function say(what: string, measured: number, budget: number, unit = "ms") {
  const verdict = measured <= budget ? "within" : "over";
  console.log(`${what}: ${measured.toFixed(0)} ${unit}, budget ${budget} ${unit}: ${verdict}`);
}

test("first page", async () => {
  const { page } = await openPage(browser, server);
  await signIn(page);
  const ms = await usable(page, "/projects", () => page.getByRole("heading", { level: 1, name: "Projects" }).waitFor());
  say("first page usable", ms, 1_000);
  await page.context().close();
});

test("a process of 200 steps and 600 dependencies", async () => {
  const slug = (n: number) => `step-${n}`;
  const steps = Array.from({ length: 200 }, (_, n) => {
    const layer = Math.floor(n / 20) * 20;
    const after = layer === 0 ? [] : [0, 1, 2].map((k) => slug(layer - 20 + ((n * 3 + k * 7) % 20)));
    return scriptStep(`Step ${n}`, [...new Set(after)], "true");
  });
  const { Slug: name } = await makeProject(server, "Big process", steps);
  const { page } = await openPage(browser, server);
  await signIn(page);
  const ms = await usable(page, `/projects/${name}/process`, () =>
    page.getByRole("link", { name: "Step 3", exact: true }).first().waitFor(),
  );
  say("process list of 200 steps usable", ms, 500);
  await page.context().close();
});

test("a log of a million lines", async () => {
  const { Slug: name } = await makeProject(server, "Big log", [scriptStep("Talk", [], "seq 1 1000000")]);
  const run = await deploy(name);
  await over(run.task);
  const { page } = await openPage(browser, server);
  await signIn(page);
  const log = `/projects/${name}/deployments/${run.number}/log`;
  const ms = await usable(page, log, () => page.getByText("1000000", { exact: true }).first().waitFor());
  say("first lines of a log of 1,000,000 lines", ms, 300);
  await page.context().close();
});
