/** Finding one's way: the palette, leaving, old addresses, and what the audit leads to and exports. */
import { readFile } from "node:fs/promises";
import type { Browser, Page } from "playwright-core";
import { expect, test } from "vitest";
import { axeProblems, expectFits, openPage, shot, signIn } from "./browser.ts";
import { deploy, makeEnvironments, makeProject, scriptStep } from "./sample.ts";
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
