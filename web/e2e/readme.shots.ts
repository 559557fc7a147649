/**
 * Takes the pictures the README and the guides show, of the real portal on a real server with the sample project:
 * `npm run screenshots` writes them to `docs/images`.
 */
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, test } from "vitest";
import { expectCount, launchBrowser, openPage, signIn } from "./browser.ts";
import { makeProject, manualStep, scriptStep } from "./sample.ts";
import { type Server, seed, startServer } from "./server.ts";

const images = join(import.meta.dirname, "..", "..", "docs", "images");

let browser: Browser;
let server: Server;
beforeAll(async () => {
  [browser, server] = await Promise.all([launchBrowser(), startServer(), mkdir(images, { recursive: true })]);
  await seed(server);
  await others();
});
afterAll(async () => {
  await browser?.close();
  await server?.stop();
});

async function picture(page: Page, name: string) {
  await page.evaluate(() => document.fonts.ready);
  await page.waitForFunction(() => [...document.images].every((image) => image.complete));
  await expectCount(page.getByRole("status", { name: "Loading" }), 0, "what is still being read");
  await page.screenshot({ path: join(images, `${name}.png`) });
}

interface Made {
  DeploymentServerTasks: { DeploymentId: string; ServerTaskId: string }[];
}

/** Projects beside the sample, so that the dashboard shows what it is for. */
async function others() {
  await makeProject(server, "Billing", [scriptStep("Build", []), scriptStep("Deploy", ["build"])]);
  await makeProject(server, "Documentation", [scriptStep("Publish", [])]);
  await makeProject(server, "Payments", [scriptStep("Build", []), manualStep("Approve", "Look at the figures.")]);
  await makeProject(server, "Search", [scriptStep("Index", [], "exit 1")]);
  for (const [project, version, ...environments] of [
    ["Billing", "1.7.4", "Test", "Staging", "Production"],
    ["Billing", "1.8.0", "Test", "Staging"],
    ["Documentation", "0.9.2", "Test", "Staging", "Production"],
    ["Documentation", "0.9.3", "Test"],
    ["Search", "4.0.1", "Test"],
  ] as [string, string, ...string[]][]) {
    await release(project, version);
    for (const environment of environments) await until((await deploy(project, version, environment)).task, isOver);
  }
  await release("Payments", "3.1.0");
  await deploy("Payments", "3.1.0", "Test");
}

const space = "/api/Spaces-1";

const release = (ProjectName: string, ReleaseVersion: string) =>
  server.call("POST", `${space}/releases/create/v1`, { ProjectName, ReleaseVersion });

/** Answers the deployment's number and its task. */
async function deploy(ProjectName: string, ReleaseVersion: string, environment: string) {
  const command = { ProjectName, ReleaseVersion, EnvironmentNames: [environment] };
  const made = await server.call<Made>("POST", `${space}/deployments/create/untenanted/v1`, command);
  const [first] = made.DeploymentServerTasks;
  if (!first) throw new Error("nothing was deployed");
  return { number: first.DeploymentId.replace(/^.*-/, ""), task: first.ServerTaskId };
}

async function until(task: string, done: (state: string) => boolean) {
  for (;;) {
    const { State } = await server.call<{ State: string }>("GET", `/api/tasks/${task}`);
    if (done(State)) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

const isOver = (state: string) => !["Queued", "Executing", "Cancelling"].includes(state);

test.each(["light", "dark"] as const)("the pictures, %s", async (colorScheme) => {
  const { page } = await openPage(browser, server, { colorScheme, viewport: { width: 1440, height: 900 } });
  await signIn(page);
  // One run before, so that times are known.
  const [first, second] = colorScheme === "light" ? ["2.4.0", "2.4.1"] : ["2.5.0", "2.5.1"];
  for (const version of [first, second]) await release("Web shop", version);
  const before = await deploy("Web shop", first, "Test");
  await until(before.task, isOver);
  await page.goto("/projects/web-shop/process");
  await page.getByRole("heading", { name: "Deployment process" }).waitFor();
  await page.getByText("Smoke test").first().waitFor();
  await picture(page, `process-${colorScheme}`);
  const running = await deploy("Web shop", second, "Test");
  await until(running.task, (state) => state === "Executing");
  await page.goto("/");
  await page.getByRole("row").filter({ hasText: "Web shop" }).getByText("%").waitFor();
  await page.getByRole("link", { name: "Needs attention 1" }).waitFor();
  await picture(page, `dashboard-${colorScheme}`);
  await page.goto(`/projects/web-shop/deployments/${running.number}/summary`);
  await page
    .getByText(/\d running/)
    .first()
    .waitFor();
  await picture(page, `deployment-${colorScheme}`);
  await until(running.task, isOver);
  await page.goto(`/projects/web-shop/deployments/${running.number}/timeline`);
  await page.getByText("Ran in parallel").first().waitFor();
  await page.getByRole("heading", { name: "Result" }).waitFor();
  await picture(page, `timeline-${colorScheme}`);
  await page.context().close();
});
