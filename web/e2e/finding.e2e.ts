/** Finding one's way: the palette, the keys of every page, old addresses, and what the audit leads to and exports. */
import { readFile } from "node:fs/promises";
import type { Browser, Page } from "playwright-core";
import { expect, test } from "vitest";
import { axeProblems, expectCount, expectFits, openPage, shot, signIn } from "./browser.ts";
import { deploy, makeEnvironments, makeProject, makeViewer, scriptStep, viewer } from "./sample.ts";
import type { Server } from "./server.ts";
import { ended } from "./webshop.ts";
import { inWorld } from "./world.ts";

const space = "/api/Spaces-1";
let browser: Browser;
let server: Server;
inWorld(async (world) => {
  ({ browser, server } = world);
  const [test = ""] = await makeEnvironments(server, "Test", "Production");
  await server.call("POST", `${space}/machines`, {
    Name: "web-01",
    Endpoint: { CommunicationStyle: "None" },
    EnvironmentIds: [test],
    Roles: ["web"],
  });
  const shop = await makeProject(server, "Web shop", [scriptStep("Build", []), scriptStep("Deploy API", ["build"])]);
  await ended(server, await deploy(server, shop, "2.4.1", test));
  await makeViewer(server);
});

async function search(page: Page, text: string) {
  await page.getByRole("navigation", { name: "Main" }).waitFor();
  await page.keyboard.press("Control+k");
  await page.getByRole("combobox", { name: "Search or jump to" }).fill(text);
  return (name: string | RegExp) => page.getByRole("option", { name });
}

test("the palette finds deployments, releases, targets, environments, steps, and where a release may go", async () => {
  const { page, problems } = await openPage(browser, server);
  await signIn(page, undefined, "/projects/web-shop");
  const option = await search(page, "web");
  for (const name of [
    "Deploy Web shop 2.4.1 to Production",
    /^Web shop 2\.4\.1 to Test\s*#/,
    /^Web shop 2\.4\.1$/,
    "web-01",
    "Web shop › Process",
  ]) {
    await option(name).waitFor();
  }
  expect(await axeProblems(page)).toEqual([]);
  await shot(page, "palette");
  await page.keyboard.press("Escape");
  await (await search(page, "deploy api"))("Deploy API").waitFor();
  await page.keyboard.press("Escape");
  await (await search(page, "deploy web production"))("Deploy Web shop 2.4.1 to Production").click();
  await page.getByRole("heading", { level: 1, name: "Deploy 2.4.1 to Production" }).waitFor();
  await (await search(page, "web-01"))("web-01").click();
  await page.getByRole("heading", { level: 1, name: "web-01" }).waitFor();
  expect(problems).toEqual([]);
});

test("the palette says whom to ask for what one may not do", async () => {
  const { page, problems } = await openPage(browser, server);
  await signIn(page, viewer, "/projects/web-shop");
  const option = await search(page, "deploy web shop");
  const denied = option(/^Deploy Web shop 2\.4\.1 to Production\s*Needs .*Ask/);
  await denied.and(page.locator("[aria-disabled=true]")).waitFor();
  // What is denied stays where it is, and so does the person.
  await denied.click({ force: true });
  await denied.waitFor();
  expect(new URL(page.url()).pathname).toBe("/projects/web-shop");
  expect(problems).toEqual([]);
});

test("the palette lists no page that the rail hides", async () => {
  const newcomer = { username: "nora", password: "Correct-Horse-9" };
  const user = { Username: newcomer.username, DisplayName: "Nora", Password: newcomer.password };
  await server.call("POST", "/api/users", user);
  const { page, problems } = await openPage(browser, server);
  await signIn(page, newcomer, "/profile/preferences");
  await page.getByRole("link", { name: "Tasks" }).waitFor();
  await expectCount(page.getByRole("link", { name: "Audit" }), 0, "in the rail");
  await (await search(page, "tasks"))(/^Tasks/).waitFor();
  await page.keyboard.press("Escape");
  const audit = await search(page, "audit");
  await page.getByText("Nothing matches 'audit'.").waitFor();
  await expectCount(audit("Audit"), 0);
  expect(problems).toEqual([]);
});

test("a search that fails is said, and pages and projects are found all the same", async () => {
  const { page } = await openPage(browser, server);
  await page.route("**/search?*", (route) =>
    route.fulfill({ status: 400, json: { ErrorMessage: "No search today." } }),
  );
  await signIn(page, undefined, "/");
  const option = await search(page, "web");
  await page.getByRole("alert").getByText("No search today.").waitFor();
  await option("Web shop › Process").waitFor();
});

test("what the help lists works: c creates, d deploys, Escape leads to what contains the page", async () => {
  const { page, problems } = await openPage(browser, server);
  const at = (name: string) => page.getByRole("heading", { level: 1, name, exact: true }).waitFor();
  await signIn(page, undefined, "/projects");
  await at("Projects");
  await page.keyboard.press("c");
  await at("New project");
  await page.goto("/environments");
  await at("Environments");
  await page.keyboard.press("c");
  await page.getByRole("dialog").waitFor();
  // Escape is the dialog's own.
  await page.keyboard.press("Escape");
  await page.getByRole("dialog").waitFor({ state: "detached" });
  await at("Environments");
  for (const [list, heading] of [
    ["/targets", "Add target"],
    ["/projects/web-shop/process", "Add a step"],
    ["/projects/web-shop/releases", "New release"],
    ["/projects/web-shop/deployments", "New release"],
  ] as const) {
    await page.goto(list);
    await page.getByRole("heading", { level: 1 }).waitFor();
    await page.keyboard.press("c");
    await at(heading);
  }
  await page.goto("/projects/web-shop/variables");
  await at("Variables");
  await page.keyboard.press("d");
  await at("Deploy 2.4.1 to Production");
  await page.goto("/projects/web-shop/process/steps/build");
  await at("Step settings: Build");
  const up: string[] = [];
  for (const name of ["Deployment process", "Web shop", "Projects"]) {
    await page.keyboard.press("Escape");
    await at(name);
    up.push(new URL(page.url()).pathname);
  }
  expect(up).toEqual(["/projects/web-shop/process", "/projects/web-shop", "/projects"]);
  await page.goto("/settings/users");
  await at("Users");
  await page.keyboard.press("Escape");
  await at("Settings");
  await page.keyboard.press("?");
  const help = page.getByRole("dialog", { name: "Keyboard shortcuts" });
  await help.getByText("Close, or go to what contains the page").waitFor();
  expect(await axeProblems(page)).toEqual([]);
  await shot(page, "help");
  expect(problems).toEqual([]);
});

test("a sign-out that fails says that one is still signed in, and can be tried again", async () => {
  const { page } = await openPage(browser, server);
  await signIn(page, undefined, "/projects");
  await page.getByRole("heading", { level: 1, name: "Projects" }).waitFor();
  await page.route("**/users/logout", (route) => route.abort());
  await page.getByRole("button", { name: /Account of/ }).click();
  await page.getByRole("menuitem", { name: "Sign out" }).click();
  await page.getByText("You are still signed in: signing out failed.").waitFor();
  expect(await axeProblems(page)).toEqual([]);
  await shot(page, "sign-out-failed");
  await page.unroute("**/users/logout");
  await page.getByRole("button", { name: "Retry" }).click();
  await page.waitForURL("**/sign-in*");
});

test("an address with a former slug leads on, and a project called New is not taken for the form", async () => {
  const made = await makeProject(server, "Renamed", [scriptStep("Build", [])]);
  const project = await server.call<object>("GET", `${space}/projects/${made.Id}`);
  await server.call("PUT", `${space}/projects/${made.Id}`, { ...project, Name: "Called otherwise", Slug: "otherwise" });
  const { page, problems } = await openPage(browser, server);
  await signIn(page, undefined, "/projects/renamed/process?view=graph");
  await page.getByRole("heading", { level: 1, name: "Deployment process" }).waitFor();
  await expect.poll(() => page.url().slice(server.url.length)).toBe("/projects/otherwise/process?view=graph");

  const named = await makeProject(server, "New", [scriptStep("Build", [])]);
  expect(named.Slug).toBe("new");
  await page.goto("/projects");
  await page.getByRole("link", { name: "New", exact: true }).click();
  await page.getByRole("heading", { level: 1, name: "New", exact: true }).waitFor();
  await page.getByRole("navigation", { name: "Project tabs" }).getByRole("link", { name: "Process" }).click();
  await page.getByRole("row").filter({ hasText: "Build" }).waitFor();
  await page.reload();
  await page.getByRole("row").filter({ hasText: "Build" }).waitFor();
  await page.goto("/projects/new");
  await page.getByRole("heading", { level: 1, name: "New project" }).waitFor();
  expect(problems).toEqual([]);
});

test("the audit leads to what it names, says from where, and exports what fits its filters", async () => {
  const { page, problems } = await openPage(browser, server);
  await signIn(page, undefined, "/audit?object=Machines-");
  const row = page.getByRole("row").filter({ hasText: "DeploymentTarget web-01 was created" });
  await row.getByText("127.0.0.1").waitFor();
  expect(await axeProblems(page)).toEqual([]);
  await shot(page, "audit-links");
  await page.getByRole("button", { name: "Export" }).click();
  const save = page.waitForEvent("download");
  await page.getByRole("menuitem", { name: "As CSV, for spreadsheets" }).click();
  const file = await (await save).path();
  const lines = (await readFile(file, "utf8")).trimEnd().split("\r\n");
  expect(lines).toHaveLength(2);
  expect(lines[1]).toContain('"DeploymentTarget web-01 was created"');
  await row.getByRole("link", { name: "web-01" }).click();
  await page.getByRole("heading", { level: 1, name: "web-01" }).waitFor();
  await page.goto("/audit?object=Releases-");
  await page.getByRole("link", { name: "2.4.1", exact: true }).first().click();
  await page.getByRole("heading", { level: 1, name: "Release 2.4.1" }).waitFor();
  await page.setViewportSize({ width: 390, height: 844 });
  await page.goto("/audit");
  await page.getByRole("heading", { level: 1, name: "Audit" }).waitFor();
  await expectFits(page);
  expect(problems).toEqual([]);
});
