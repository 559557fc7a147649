/** Dashboard, projects, tasks and what needs attention: empty, full, on a phone, by keyboard, and for somebody who may only look. */
import type { Browser } from "playwright-core";
import { expect, onTestFinished, test } from "vitest";
import {
  axeProblems,
  expectCount,
  expectFits,
  expectFocus,
  expectOff,
  expectSearch,
  openPage,
  shot,
  signIn,
} from "./browser.ts";
import { deploy, makeEnvironments, makeProject, makeViewer, manualStep, scriptStep, viewer } from "./sample.ts";
import { type Server, startServer } from "./server.ts";
import { inWorld } from "./world.ts";

let browser: Browser;
let server: Server;
inWorld(async (world) => {
  ({ browser, server } = world);
  const [development = ""] = await makeEnvironments(server, "Development", "Test", "Production", "Staging");
  await makeProject(server, "Web shop", []);
  const shop = await makeProject(server, "Shop", [scriptStep("Build", [])]);
  const bad = await makeProject(server, "Billing", [scriptStep("Fail", [], "exit 1")]);
  const pay = await makeProject(server, "Payments", [manualStep("Approve", "Look at the figures.")]);
  await deploy(server, shop, "2.4.1", development);
  await deploy(server, bad, "1.8.0", development);
  await deploy(server, pay, "3.1.0", development);
  await server.call("POST", "/api/Spaces-1/machines", {
    Name: "web-01",
    Endpoint: { CommunicationStyle: "None" },
    EnvironmentIds: ["Environments-2"],
    Roles: ["web"],
  });
});

test("an empty server leads to environments, a project, and its process", async () => {
  const empty = await startServer();
  onTestFinished(() => empty.stop());
  const { page, problems } = await openPage(browser, empty);
  await signIn(page);
  await page.getByRole("heading", { name: "Three steps to the first deployment" }).waitFor();
  expect(await axeProblems(page)).toEqual([]);
  await shot(page, "dashboard-empty");
  await page.getByRole("link", { name: "Environments" }).last().click();
  await page.getByRole("button", { name: "Create Development, Test and Production" }).click();
  await page.getByRole("rowheader", { name: "Production" }).waitFor();
  await page.goto("/projects/new");
  await page.getByLabel("Name").fill("Web shop");
  expect(await axeProblems(page)).toEqual([]);
  await page.getByRole("button", { name: "Create project" }).click();
  await page.waitForURL("**/projects/web-shop/process");
  await page.goto("/projects/new");
  await page.getByLabel("Name").fill("Web shop");
  await page.getByRole("button", { name: "Create project" }).click();
  await page.getByRole("alert").getByText("has this name already").waitFor();
  await expect.poll(() => page.getByLabel("Name").inputValue()).toBe("Web shop");
  expect(problems).toEqual([]);
});

test("environments are put in order by keyboard, and a used one is not deleted", async () => {
  const { page, problems } = await openPage(browser, server);
  await signIn(page, undefined, "/environments");
  await page.getByRole("link", { name: "Test" }).focus();
  await page.keyboard.press("Alt+ArrowUp");
  await page.getByText("Test is now number 1 of 4.").waitFor();
  const order = () => page.getByRole("rowheader").allTextContents();
  await expect.poll(order).toEqual(["Test", "Development", "Production", "Staging"]);
  await page.getByRole("button", { name: "Move Test down" }).click();
  await page.getByText("Test is now number 2 of 4.").waitFor();
  expect(await axeProblems(page)).toEqual([]);
  await page.getByRole("link", { name: "Test" }).click();
  await page.getByRole("heading", { level: 1, name: "Test" }).waitFor();
  await page.getByRole("rowheader", { name: "web-01" }).waitFor();
  await page.getByRole("button", { name: "Delete" }).click();
  await page.getByRole("button", { name: "Delete environment" }).click();
  await page.getByRole("alert").getByText("web-01").waitFor();
  expect(await axeProblems(page)).toEqual([]);
  expect(problems).toEqual([]);
});

test("the dashboard shows every state, and is walked by keyboard", async () => {
  const { page, problems } = await openPage(browser, server);
  await signIn(page);
  const grid = page.getByRole("grid", { name: "Projects and environments" });
  await grid.getByRole("link", { name: /2\.4\.1\s+Succeeded/ }).waitFor();
  await grid.getByRole("link", { name: /1\.8\.0\s+Failed/ }).waitFor();
  await grid.getByRole("link", { name: /3\.1\.0\s+Needs a person/ }).waitFor();
  await page.getByRole("link", { name: "1 needs attention" }).waitFor();
  expect(await axeProblems(page)).toEqual([]);
  await shot(page, "dashboard");
  await grid.getByRole("button", { name: /Default Project Group/ }).focus();
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("ArrowRight");
  await expectFocus(page, "1.8.0");
  // Where a release goes next is the lifecycle's business: not on from where it failed.
  const menu = page.getByRole("menuitem");
  const promote = (version: string) => menu.filter({ hasText: `Promote ${version} to Test…` });
  await page.keyboard.press(".");
  await menu.filter({ hasText: "Deploy 1.8.0 again" }).waitFor();
  await expectCount(promote("1.8.0"), 0);
  await page.keyboard.press("Escape");
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("ArrowDown");
  await expectFocus(page, "2.4.1");
  await page.keyboard.press(".");
  await promote("2.4.1").waitFor();
  await page.keyboard.press("Escape");
  await page.getByLabel("Filter projects").fill("shop");
  await expect.poll(() => grid.getByRole("rowheader").allTextContents()).toEqual(["Shop", "Web shop"]);
  await expectSearch(page, "q", "shop");
  await page.goto("/?status=failed");
  await expect.poll(() => grid.getByRole("rowheader").allTextContents()).toEqual(["Billing"]);
  expect(problems).toEqual([]);
});

test("on a phone nothing scrolls sideways, and a decision is two taps away", async () => {
  const { page, problems } = await openPage(browser, server, { viewport: { width: 390, height: 844 }, hasTouch: true });
  await signIn(page);
  for (const path of ["/", "/projects", "/projects/shop", "/tasks", "/environments", "/targets", "/projects/new"]) {
    await page.goto(path);
    await page.getByRole("heading", { level: 1 }).waitFor();
    await expectFits(page, path);
    expect([path, await axeProblems(page)]).toEqual([path, []]);
  }
  await page.goto("/attention");
  await page.getByRole("heading", { name: "Approve" }).waitFor();
  expect(await axeProblems(page)).toEqual([]);
  await shot(page, "attention-phone");
  await page.getByRole("link", { name: "Review Approve" }).tap();
  await page.waitForURL("**/projects/payments/deployments/*/summary");
  expect(problems).toEqual([]);
});

test("tasks: what runs, and why the next one waits", async () => {
  const slow = await makeProject(server, "Slow", [scriptStep("Sleep", [], "sleep 300")]);
  const first = await deploy(server, slow, "1.0.0", "Environments-1");
  const second = await deploy(server, slow, "1.0.1", "Environments-1");
  const { page, problems } = await openPage(browser, server);
  await signIn(page, undefined, "/tasks");
  await page.getByRole("row", { name: /^1 Deploy Slow release 1\.0\.1.*Deploy Slow release 1\.0\.0/ }).waitFor();
  expect(await axeProblems(page)).toEqual([]);
  await shot(page, "tasks");
  await page.goto("/workers/built-in");
  await page.getByRole("row", { name: /Sleep.*Deploy Slow release 1\.0\.0/ }).waitFor();
  expect(await axeProblems(page)).toEqual([]);
  for (const task of [second, first]) await server.call("POST", `/api/tasks/${task}/cancel`);
  await page.goto("/tasks?result=Canceled");
  await page.getByRole("row", { name: /Deploy Slow release 1\.0\.0.*Cancelled/ }).waitFor();
  await expectCount(page.getByRole("row", { name: /Billing/ }), 0);
  expect(problems).toEqual([]);
});

test("a viewer opens every page and changes nothing", async () => {
  await makeViewer(server);
  const { page, problems } = await openPage(browser, server);
  await signIn(page, viewer);
  const denied: [string, string, string][] = [
    ["/projects", "New project", "Create project"],
    ["/projects/new", "Create project", "Create project"],
    ["/projects/shop", "Create release", "Create release"],
    ["/environments", "Add environment", "Create environment"],
    ["/environments/test", "Delete", "Delete environment"],
    ["/targets", "Add target", "Create machine"],
    ["/targets/web-01", "Save", "Edit machine"],
  ];
  for (const [path, name, permission] of denied) {
    await page.goto(path);
    const control = page.getByRole("button", { name, exact: true });
    await control.waitFor();
    await expectOff(control, path);
    await expect
      .poll(() =>
        control.evaluate((one) => document.getElementById(one.getAttribute("aria-describedby") ?? "")?.textContent),
      )
      .toMatch(new RegExp(permission, "i"));
    expect(await axeProblems(page)).toEqual([]);
  }
  expect(problems).toEqual([]);
});
