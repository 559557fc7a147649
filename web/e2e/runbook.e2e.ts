/** Runbooks: made, given steps, published, run, watched, and answered where they ask. */
import type { Browser } from "playwright-core";
import { expect, test } from "vitest";
import { axeProblems, expectFits, openPage, shot, signIn } from "./browser.ts";
import { makeRunbook } from "./runbooks.ts";
import { type Made, makeEnvironments, makeProject, manualStep, scriptStep } from "./sample.ts";
import type { Server } from "./server.ts";
import { inWorld } from "./world.ts";

let browser: Browser;
let server: Server;
let shop: Made;
let environment: string;
inWorld(async (world) => {
  ({ browser, server } = world);
  [environment = ""] = await makeEnvironments(server, "Test", "Production");
  shop = await makeProject(server, "Web shop", [scriptStep("Deploy")]);
});

test("a run that waits for a person is found in what needs attention and in the tasks, and is answered", async () => {
  const steps = [manualStep("Approve restore", "Is the site **offline**?"), scriptStep("Restore")];
  const restore = await makeRunbook(server, shop, "Restore", steps);
  const { n, task } = await restore.run(environment);
  const { page, problems } = await openPage(browser, server, { viewport: { width: 390, height: 844 }, hasTouch: true });
  await signIn(page, undefined, "/attention");
  await page.getByRole("link", { name: "Review Approve restore" }).tap();
  await page.waitForURL(`**${restore.at}/runs/${n}/summary`);
  await page.getByRole("heading", { level: 1, name: "Run Restore in Test" }).waitFor();
  const question = page.getByRole("article", { name: "Approve restore waits for a person" });
  await question.getByText("Is the site offline?").waitFor();
  await expectFits(page);
  expect(await axeProblems(page)).toEqual([]);
  await shot(page, "runbook-waiting-390");
  await page.goto("/tasks");
  await page.getByRole("link", { name: /Restore/ }).tap();
  await page.waitForURL(`**${restore.at}/runs/${n}/summary`);
  await question.getByRole("radio", { name: "Proceed" }).check();
  await question.getByRole("button", { name: "Proceed" }).tap();
  await page.getByText("Order respected: 1 of 1 dependency.").waitFor();
  await page.getByRole("navigation", { name: "Views of the run" }).getByRole("link", { name: "History" }).tap();
  await page
    .getByRole("cell", { name: /succeeded/ })
    .first()
    .waitFor();
  await page.goto(`/tasks/${task.replace(/\D/g, "")}`);
  await page.waitForURL(`**${restore.at}/runs/${n}/summary`);
  expect(problems).toEqual([]);
});
