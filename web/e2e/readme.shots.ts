/**
 * Takes the pictures the README and the guides show, of the real portal on a real server with the sample project:
 * `npm run screenshots` writes them to `docs/images`.
 */
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, test } from "vitest";
import { launchBrowser, openPage, signIn } from "./browser.ts";
import { type Server, seed, startServer } from "./server.ts";

const images = join(import.meta.dirname, "..", "..", "docs", "images");

let browser: Browser;
let server: Server;
beforeAll(async () => {
  [browser, server] = await Promise.all([launchBrowser(), startServer(), mkdir(images, { recursive: true })]);
  await seed(server);
});
afterAll(async () => {
  await browser?.close();
  await server?.stop();
});

async function picture(page: Page, name: string) {
  await page.evaluate(() => document.fonts.ready);
  await page.screenshot({ path: join(images, `${name}.png`) });
}

interface Made {
  DeploymentServerTasks: { DeploymentId: string; ServerTaskId: string }[];
}

/** Deploys the sample to Test; answers the deployment's number and its task. */
async function deploy(version: string): Promise<{ number: string; task: string }> {
  const space = "/api/Spaces-1";
  await server.call("POST", `${space}/releases/create/v1`, { ProjectName: "Web shop", ReleaseVersion: version });
  const command = { ProjectName: "Web shop", ReleaseVersion: version, EnvironmentNames: ["Test"] };
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
  const before = await deploy(colorScheme === "light" ? "2.4.0" : "2.5.0");
  await until(before.task, isOver);
  await page.goto("/projects/web-shop/process");
  await page.getByRole("heading", { name: "Deployment process" }).waitFor();
  await page.getByText("Smoke test").first().waitFor();
  await picture(page, `process-${colorScheme}`);
  const running = await deploy(colorScheme === "light" ? "2.4.1" : "2.5.1");
  await until(running.task, (state) => state === "Executing");
  await page.goto(`/projects/web-shop/deployments/${running.number}/summary`);
  await page.getByText("Migrate database").first().waitFor();
  await page.waitForTimeout(2_500);
  await picture(page, `deployment-${colorScheme}`);
  await until(running.task, isOver);
  await page.goto(`/projects/web-shop/deployments/${running.number}/timeline`);
  await page.getByText("Ran in parallel").first().waitFor();
  await picture(page, `timeline-${colorScheme}`);
  await page.goto("/");
  await page.getByText("Web shop").first().waitFor();
  await picture(page, `dashboard-${colorScheme}`);
  await page.context().close();
});
