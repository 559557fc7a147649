/** Runbooks: made, given steps, published, run, watched, and answered where they ask. */
import type { Browser } from "playwright-core";
import { expect, test } from "vitest";
import { axeProblems, expectCount, expectFits, expectOff, openPage, shot, signIn } from "./browser.ts";
import { save } from "./process.ts";
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

test("a runbook is made, gets steps, is published, and runs live", async () => {
  const { page, problems } = await openPage(browser, server);
  await signIn(page, undefined, `/projects/${shop.Slug}`);
  await page.getByRole("navigation", { name: "Project tabs" }).getByRole("link", { name: "Runbooks" }).click();
  await page.getByText("A runbook is operations work of this project").waitFor();
  expect(await axeProblems(page)).toEqual([]);
  await shot(page, "runbooks-empty");
  await page.getByRole("button", { name: "Add runbook" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("Name").fill("Back up");
  await dialog.getByLabel("Description").fill("Every night, and before risky changes.");
  await dialog.getByRole("button", { name: "Add runbook" }).click();
  await page.getByRole("heading", { level: 1, name: "Back up" }).waitFor();
  await expectOff(page.getByRole("button", { name: "Run… Back up" }));
  expect(await axeProblems(page)).toEqual([]);
  await shot(page, "runbook-empty");
  await page.getByRole("link", { name: "Add step" }).click();
  for (const name of ["Dump", "Upload"]) {
    await page.getByLabel("Name").fill(name);
    await page.getByRole("button", { name: "Add to the process" }).click();
    await page.getByRole("heading", { level: 1, name: `Step settings: ${name}` }).waitFor();
    if (name === "Dump") await page.getByRole("link", { name: "Process", exact: true }).last().click();
    if (name === "Dump") await page.getByRole("link", { name: "Add step" }).click();
  }
  await page.getByRole("textbox", { name: "Script source" }).fill("echo copied; sleep 1");
  await save(page);
  await page.getByRole("link", { name: "Process", exact: true }).last().click();
  await page.getByRole("heading", { level: 1, name: "Process of Back up" }).waitFor();
  await expectCount(page.getByRole("treegrid").getByRole("row"), 3);
  expect(await axeProblems(page)).toEqual([]);
  await shot(page, "runbook-process");
  await page.getByRole("navigation", { name: "Breadcrumbs" }).getByRole("link", { name: "Back up" }).click();
  await page.getByRole("button", { name: "Publish now…" }).click();
  await dialog.getByRole("button", { name: "Publish" }).click();
  await page.getByText("The process has not changed since then.").waitFor();
  await dialog.waitFor({ state: "hidden" });
  await page.getByRole("link", { name: "Run… Back up" }).click();
  await page.getByText("Choose where to run it.").waitFor();
  await page.getByRole("combobox", { name: "Environments" }).click();
  await page.getByRole("option", { name: "Test" }).click();
  await page.keyboard.press("Escape");
  await page.getByText("2 steps on the worker; 0 skipped").waitFor();
  expect(await axeProblems(page)).toEqual([]);
  await shot(page, "runbook-start");
  await page.getByRole("button", { name: "Run", exact: true }).click();
  await page.getByRole("heading", { level: 1, name: "Run Back up in Test" }).waitFor();
  await page.getByText("Order respected: 1 of 1 dependency.").waitFor();
  expect(await axeProblems(page)).toEqual([]);
  await shot(page, "runbook-run");
  for (const tab of ["Graph", "Timeline", "Task log", "Variables", "Artifacts", "History"]) {
    await page.getByRole("navigation", { name: "Views of the run" }).getByRole("link", { name: tab }).click();
    await page.waitForURL(/\/runs\/\d+\/(graph|timeline|log|variables|artifacts|history)$/);
    await expectCount(page.getByRole("status", { name: "Loading" }), 0, tab);
  }
  expect(problems).toEqual([]);
});

test("what changed since it was published is told, and an older snapshot is published again", async () => {
  const clean = await makeRunbook(server, shop, "Clean", [scriptStep("Find"), scriptStep("Remove")]);
  await clean.setSteps([scriptStep("Find"), scriptStep("Remove"), scriptStep("Report")]);
  const { page, problems } = await openPage(browser, server);
  await signIn(page, undefined, clean.at);
  await page.getByText("Added the step Report").waitFor();
  expect(await axeProblems(page)).toEqual([]);
  await shot(page, "runbook-changed");
  await page.getByRole("button", { name: "Publish now…" }).click();
  await page.getByRole("dialog").getByLabel("Name").fill("With a report");
  await page.getByRole("dialog").getByRole("button", { name: "Publish" }).click();
  await page.getByText("The process has not changed since then.").waitFor();
  await page.getByRole("button", { name: "Publish Snapshot 1" }).click();
  await page.getByRole("button", { name: "Publish With a report" }).waitFor();
  await page.getByText("Added the step Report").waitFor();
  expect(problems).toEqual([]);
});

test("it runs in several environments at once, with a value that is asked for and a step left out", async () => {
  const asking = await makeProject(server, "Asking shop", [scriptStep("Deploy")]);
  const variables = `/api/Spaces-1/variables/variableset-${asking.Id}`;
  const ticket = { Label: "Change ticket", Description: "", Required: true, DisplaySettings: {} };
  await server.call("PUT", variables, {
    ...(await server.call<object>("GET", variables)),
    Variables: [{ Name: "Ticket", Value: "", Type: "String", Scope: {}, Prompt: ticket }],
  });
  const steps = [scriptStep("Say", [], 'echo "ticket is $(get_octopusvariable Ticket)"'), scriptStep("Wait", [])];
  const fail = await makeRunbook(server, asking, "Fail over", steps);
  const { page, problems } = await openPage(browser, server);
  await signIn(page, undefined, `${fail.at}/run?env=test,production&exclude=wait`);
  await page.getByRole("heading", { level: 2, name: "Plan in Production" }).waitFor();
  await expectCount(page.getByText("1 step on the worker; 1 skipped"), 2);
  await page.getByLabel("Change ticket").fill("OPS-7");
  expect(await axeProblems(page)).toEqual([]);
  await page.getByRole("button", { name: "Run in 2 environments" }).click();
  await page.waitForURL(`**${fail.at}`);
  await expectCount(page.getByRole("table").first().getByText("Succeeded"), 2);
  await shot(page, "runbook-runs");
  await page
    .getByRole("link", { name: /^Run \d+$/ })
    .first()
    .click();
  await page.getByRole("navigation", { name: "Views of the run" }).getByRole("link", { name: "Task log" }).click();
  await page.getByText("ticket is OPS-7").waitFor();
  expect(problems).toEqual([]);
});

test("its process is edited as the project's, in a draft of its own", async () => {
  const move = await makeRunbook(server, shop, "Move", [scriptStep("Copy"), scriptStep("Switch")]);
  const { page, problems } = await openPage(browser, server);
  await signIn(page, undefined, `${move.at}/process`);
  await page.getByRole("button", { name: "Actions of Switch" }).click();
  await page.getByRole("menuitem", { name: "Run in parallel with other steps" }).click();
  await page.getByRole("status").getByText("Unsaved changes (1)").waitFor();
  await page.getByRole("button", { name: "Review changes (1)" }).click();
  const review = page.getByRole("dialog", { name: "Review changes" });
  await review.getByText(/^Switch: /).waitFor();
  await review.getByText("Runs go on with the snapshot that is published, until you publish another.").waitFor();
  await review.getByRole("button", { name: "Close" }).last().click();
  await page.getByRole("tab", { name: "Graph" }).click();
  await expectCount(page.getByRole("option"), 2);
  // The project has a draft of its own, which nobody has touched.
  await page.goto(`/projects/${shop.Slug}/process`);
  await page.getByRole("button", { name: "Review changes (0)" }).waitFor();
  await page.goto(`${move.at}/process/steps/switch`);
  await page.getByText("Your unsaved changes from an earlier visit are here.").waitFor();
  await page.getByRole("button", { name: "Undo" }).click();
  await page.getByRole("radio", { name: "Run after previous steps" }).and(page.locator(":checked")).waitFor();
  await page.getByRole("button", { name: "Redo" }).click();
  await save(page);
  await page.goto(`${move.at}/process/versions`);
  await page.getByRole("link", { name: "v1", exact: true }).click();
  await page.getByRole("heading", { level: 2, name: "What changed since version 1" }).waitFor();
  await page.getByText(/^Switch: /).waitFor();
  expect(problems).toEqual([]);
});

test("a failure is decided on where it runs, and a run is cancelled", async () => {
  const broken = scriptStep("Break", [], "echo 'error: no space left' >&2; exit 3");
  const held = scriptStep("Hold", [], "echo holding; sleep 3600");
  const cleaning = await makeRunbook(server, shop, "Clean up", [broken, held]);
  const { n } = await cleaning.run(environment, { UseGuidedFailure: true });
  const { page, problems } = await openPage(browser, server);
  await signIn(page, undefined, `${cleaning.at}/runs/${n}/summary`);
  const failure = page.getByRole("article", { name: "Break failed" });
  await failure.getByText("error: no space left").waitFor();
  await failure.getByRole("radio", { name: "Ignore and continue" }).check();
  await failure.getByRole("button", { name: "Apply" }).click();
  await failure.waitFor({ state: "detached" });
  const rows = page.getByRole("treegrid", { name: "Steps of the run" }).getByRole("row");
  await rows.filter({ hasText: "Break" }).getByText("Failed, ignored").waitFor();
  await page.getByRole("button", { name: "Cancel", exact: true }).click();
  const dialog = page.getByRole("dialog", { name: "Cancel this run" });
  await dialog.getByText("Hold · worker").waitFor();
  expect(await axeProblems(page)).toEqual([]);
  await dialog.getByRole("button", { name: "Cancel run" }).click();
  await rows.filter({ hasText: "Hold" }).getByText("Cancelled").first().waitFor();
  await page.getByRole("link", { name: "Run again" }).click();
  await page.waitForURL(`**${cleaning.at}/run?env=*`);
  await page.getByRole("heading", { level: 2, name: "Plan in Test" }).waitFor();
  expect(problems).toEqual([]);
});

test("a runbook is renamed, kept to some environments, and deleted", async () => {
  const old = await makeRunbook(server, shop, "Old name", [scriptStep("Clear")]);
  const { page, problems } = await openPage(browser, server);
  await signIn(page, undefined, old.at);
  await page.locator("main header").getByRole("link", { name: "Settings" }).click();
  await page.getByRole("heading", { level: 1, name: "Settings" }).waitFor();
  await page.getByLabel("Name").fill("Clear cache");
  await page.getByRole("combobox", { name: "Where it may run" }).click();
  await page.getByRole("option", { name: "In these environments" }).click();
  await page.getByRole("combobox", { name: "Environments", exact: true }).click();
  await page.getByRole("option", { name: "Test" }).click();
  await page.keyboard.press("Escape");
  expect(await axeProblems(page)).toEqual([]);
  await page.getByRole("button", { name: "Save", exact: true }).click();
  await page.getByText("The settings were saved.").waitFor();
  const stored = () =>
    server.call<{ Name: string; Environments: string[]; Slug: string }>("GET", `/api/Spaces-1/runbooks/${old.Id}`);
  await expect
    .poll(async () => [(await stored()).Name, (await stored()).Environments])
    .toEqual(["Clear cache", [environment]]);
  const at = `/projects/${shop.Slug}/runbooks/${(await stored()).Slug}`;
  // Only one environment is left: there is nothing to choose.
  await page.goto(`${at}/run`);
  await page.getByRole("heading", { level: 2, name: "Plan in Test" }).waitFor();
  await page.goto(`${at}/settings`);
  await page.getByRole("button", { name: "Delete runbook" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Delete runbook" }).click();
  await page.waitForURL("**/runbooks");
  await expectCount(page.getByRole("link", { name: "Clear cache" }), 0);
  expect(problems).toEqual([]);
});

test("a run that waits for a person is found in what needs attention and in the tasks, and is answered", async () => {
  const steps = [manualStep("Approve restore", "Is the site **offline**?"), scriptStep("Restore")];
  const restore = await makeRunbook(server, shop, "Restore", steps);
  const { n, task } = await restore.run(environment);
  const { page, problems } = await openPage(browser, server, { viewport: { width: 390, height: 844 }, hasTouch: true });
  await signIn(page, undefined, "/attention");
  await page.getByText("Web shop → Restore → Test").waitFor();
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
