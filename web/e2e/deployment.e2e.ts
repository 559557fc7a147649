/** A deployment, watched: the story's last step, and that what the page says is what the API has recorded. */
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { axeProblems, launchBrowser, openPage, shot, signIn } from "./browser.ts";
import { type Server, startServer } from "./server.ts";
import { project, targets, webShop } from "./webshop.ts";

let browser: Browser;
let server: Server;
let environment: string;
beforeAll(async () => {
  [browser, server] = await Promise.all([launchBrowser(), startServer()]);
  environment = await targets(server);
});
afterAll(async () => {
  await browser?.close();
  await server?.stop();
});

interface Verdict {
  StepsAtOnceMax: number;
  Dependencies: { BeganAt: string; OverAt: string }[];
}

test("S10: the steps run side by side and in order, and the page proves it", async () => {
  const shop = await project(server, "Web shop", webShop(2_000), environment);
  const { page, problems } = await openPage(browser, server);
  await signIn(page, undefined, `/projects/${shop.slug}`);
  const { n, task } = await shop.deploy();
  await page.getByRole("link", { name: "Deployments" }).click();
  await page.getByRole("link", { name: "Release 1.0.1" }).click();
  await page.getByRole("heading", { level: 1, name: "Deploy 1.0.1 to Test" }).waitFor();
  expect(new URL(page.url()).pathname).toBe(`/projects/${shop.slug}/deployments/${n}/summary`);
  const rows = page.getByRole("treegrid", { name: "Steps of the deployment" }).getByRole("row");
  // A step that waits says for whom.
  await rows.filter({ hasText: "Smoke test" }).getByText("Waiting for").waitFor();
  await page.getByText(/Running in parallel: up to \d at once so far\./).waitFor();
  expect(await axeProblems(page)).toEqual([]);
  await shot(page, "deployment-running");
  await page.getByText("Ran in parallel: up to 3 at once. Order respected: 12 of 12 dependencies.").waitFor();
  const verdict = await server.call<Verdict>("GET", `/api/Spaces-1/tasks/${task}/verdict`);
  const kept = verdict.Dependencies.filter((wait) => Date.parse(wait.BeganAt) >= Date.parse(wait.OverAt));
  expect([verdict.StepsAtOnceMax, kept.length, verdict.Dependencies.length]).toEqual([3, 12, 12]);
  expect(await rows.filter({ hasText: "Succeeded" }).count()).toBe(7);
  expect(await axeProblems(page)).toEqual([]);
  await shot(page, "deployment-finished");
  // Rows are walked with the arrow keys; right opens the targets of a step.
  await rows.filter({ hasText: "Back up database" }).focus();
  for (let down = 0; down < 4; down++) await page.keyboard.press("ArrowDown");
  await page.keyboard.press("ArrowRight");
  await page.keyboard.press("ArrowDown");
  expect(await page.evaluate(() => document.activeElement?.textContent)).toContain("web-01");
  await page.goto(`/tasks/${task.replace(/\D/g, "")}`);
  await page.waitForURL(`**/projects/${shop.slug}/deployments/${n}/summary`);
  expect(problems).toEqual([]);
});
