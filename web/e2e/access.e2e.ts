/** Users, teams and roles; keys; the audit; lifecycles; the settings of a project. What is given can be taken away, and one sees why something is denied. */
import type { Browser, Page } from "playwright-core";
import { expect, test } from "vitest";
import { axeProblems, expectCount, expectFits, expectOff, openPage, shot, signIn } from "./browser.ts";
import { makeRunbook } from "./runbooks.ts";
import { makeEnvironments, makeProject, makeViewer, scriptStep, viewer } from "./sample.ts";
import type { Server } from "./server.ts";
import { ended } from "./webshop.ts";
import { inWorld } from "./world.ts";

let browser: Browser;
let server: Server;
inWorld(async (world) => {
  ({ browser, server } = world);
  await makeEnvironments(server, "Test", "Production");
  await makeProject(server, "Shop", [scriptStep("Build", [])]);
});

async function choose(page: Page, field: string, option: string) {
  await page.getByRole("combobox", { name: field }).last().click();
  await page.getByRole("option", { name: option, exact: true }).click();
}

test("a user is made, put in a team, and may deploy to Test but not to Production", async () => {
  const { page, problems } = await openPage(browser, server);
  await signIn(page, undefined, "/settings/users");
  await page.getByText("Only you so far").waitFor();
  expect(await axeProblems(page)).toEqual([]);
  await page.getByRole("button", { name: "Add user" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("Username").fill("ana");
  await dialog.getByLabel("Display name").fill("Ana");
  await dialog.getByRole("textbox", { name: "Password" }).fill("short");
  await dialog.getByRole("button", { name: "Add user" }).click();
  await dialog.getByRole("alert").waitFor();
  await dialog.getByRole("textbox", { name: "Password" }).fill("Correct-Horse-9");
  await dialog.getByRole("button", { name: "Add user" }).click();
  await page.getByRole("heading", { level: 2, name: "Ana" }).waitFor();
  await page.getByText("Not allowed. No team of Ana has a role with this permission here.").waitFor();
  await page.goto("/settings/teams");
  await page.getByRole("button", { name: "Add team" }).click();
  await dialog.getByLabel("Name").fill("Testers");
  await dialog.getByRole("button", { name: "Add team" }).click();
  await page.getByText("The team has no role yet").waitFor();
  await choose(page, "Members", "Ana");
  await page.keyboard.press("Escape");
  await page.getByRole("button", { name: "Save" }).click();
  await page.getByRole("row", { name: /Testers 1 member/ }).waitFor();
  await page.getByRole("button", { name: "Give role" }).click();
  await choose(page, "Role", "Project Deployer");
  await choose(page, "Only in these environments", "Test");
  await page.keyboard.press("Escape");
  await dialog.getByRole("button", { name: "Give role" }).click();
  await page.getByRole("row", { name: /^Project Deployer Test/ }).waitFor();
  await dialog.waitFor({ state: "hidden" });
  expect(await axeProblems(page)).toEqual([]);
  await shot(page, "teams");
  await page.goto("/settings/users?user=Users-2&env=Environments-1");
  await page.getByText("Allowed, through Testers (Project Deployer)").waitFor();
  await page.goto("/settings/users?user=Users-2&env=Environments-2");
  await page.getByText("Allowed elsewhere, not here: Testers (Project Deployer)").waitFor();
  expect(await axeProblems(page)).toEqual([]);
  await shot(page, "users");
  await page.goto("/settings/teams?team=Teams-1");
  await page.getByRole("button", { name: "Take away Project Deployer" }).click();
  await page.getByText("The team has no role yet").waitFor();
  await page.getByRole("button", { name: "Undo" }).click();
  await page.getByRole("row", { name: /^Project Deployer Test/ }).waitFor();
  expect(problems).toEqual([]);
});

test("a key is shown once, works, and is deleted", async () => {
  const { page, problems } = await openPage(browser, server);
  await signIn(page, undefined, "/profile/api-keys");
  await page.getByRole("button", { name: "New key" }).click();
  await page.getByLabel("Purpose").fill("Build server");
  await page.getByRole("dialog").getByRole("button", { name: "New key" }).click();
  const shown = page.getByText(/^API-[A-Z0-9]{10,}$/);
  await shown.waitFor();
  const key = (await shown.textContent()) ?? "";
  expect(await axeProblems(page)).toEqual([]);
  const me = () => fetch(`${server.url}/api/users/me`, { headers: { "X-Octopus-ApiKey": key } });
  expect((await me()).status).toBe(200);
  await page.reload();
  await page.getByRole("rowheader", { name: "Build server" }).waitFor();
  expect(await page.content()).not.toContain(key);
  await page.getByRole("button", { name: "Delete Build server" }).click();
  await page.getByRole("button", { name: "Delete key" }).click();
  await page.getByRole("rowheader", { name: "Build server" }).waitFor({ state: "hidden" });
  await expect.poll(async () => (await me()).status).toBe(401);
  expect(problems).toEqual([]);
});

test("the audit tells who did what, and its filters are in the address", async () => {
  const { page, problems } = await openPage(browser, server);
  await signIn(page, undefined, "/audit");
  await page.getByText("The deployment process was changed").waitFor();
  await page.getByText("Added the step Build").waitFor();
  expect(await axeProblems(page)).toEqual([]);
  await page.getByRole("combobox", { name: "Kind of event" }).click();
  await page.getByRole("option", { name: "Document modified" }).click();
  await page.waitForURL("**/audit?category=Modified");
  await page
    .getByText(/^\d+ differences?$/)
    .first()
    .click();
  expect(await axeProblems(page)).toEqual([]);
  await shot(page, "audit");
  await page.goto("/audit?from=2001-01-01&to=2001-01-02");
  await page.getByText("Nothing fits these filters.").waitFor();
  expect(problems).toEqual([]);
});

test("a lifecycle gets phases, and shows its path", async () => {
  const { page, problems } = await openPage(browser, server);
  await signIn(page, undefined, "/library");
  await page.getByRole("main").getByRole("link", { name: "Lifecycles" }).click();
  await page.getByText("1 project").waitFor();
  expect(await axeProblems(page)).toEqual([]);
  await page.getByRole("button", { name: "Add lifecycle" }).click();
  await page.getByRole("dialog").getByLabel("Name").fill("Careful");
  await page.getByRole("dialog").getByRole("button", { name: "Add lifecycle" }).click();
  await page.getByRole("heading", { level: 1, name: "Careful" }).waitFor();
  for (const [n, name] of [
    [1, "Trying out"],
    [2, "For real"],
  ] as const) {
    await page.getByRole("button", { name: "Add phase" }).click();
    await page.getByLabel(`Name of phase ${n}`).fill(name);
    await choose(page, "Deployed to by hand", n === 1 ? "Test" : "Production");
    await page.keyboard.press("Escape");
  }
  expect(await axeProblems(page)).toEqual([]);
  await shot(page, "lifecycle");
  await page.getByRole("button", { name: "Save" }).click();
  await page.getByRole("button", { name: "Save" }).and(page.locator("[aria-disabled]:not([aria-busy])")).waitFor();
  await page.goto("/library/lifecycles");
  await page.getByText("Trying out").waitFor();
  await page.goto("/library/lifecycles/default-lifecycle");
  await page.getByText("Used by one project: Shop.").waitFor();
  expect(problems).toEqual([]);
});

test("a project is renamed, limited, and deleted only after typing its name", async () => {
  const { page, problems } = await openPage(browser, server);
  await makeProject(server, "Old name", [scriptStep("Build", [])]);
  await signIn(page, undefined, "/projects/old-name/settings");
  await page.getByRole("heading", { level: 1, name: "Settings" }).waitFor();
  await page.getByLabel("Name").fill("New name");
  await page.getByRole("button", { name: "Save", exact: true }).click();
  await page.getByText("The settings were saved.").waitFor();
  await page.getByLabel("Most scripts at once in a deployment").fill("3");
  await page.getByRole("button", { name: "Save how it deploys" }).click();
  await expect
    .poll(async () => {
      const path = "/api/Spaces-1/projects/Projects-2/deploymentsettings";
      return (await server.call<Record<string, unknown>>("GET", path))["Regatta.MaxRunning"];
    })
    .toBe(3);
  expect(await axeProblems(page)).toEqual([]);
  await page.getByRole("button", { name: "Delete project" }).click();
  const dialog = page.getByRole("dialog");
  const verb = dialog.getByRole("button", { name: "Delete project" });
  await expectOff(verb);
  await dialog.getByLabel("Type New name to confirm").fill("New name");
  await verb.click();
  // The notice leaves by itself.
  await Promise.all([page.getByText("New name was deleted.").waitFor(), page.waitForURL("**/projects")]);
  expect(problems).toEqual([]);
});

test("a viewer opens these pages too, or is told what is missing; on a phone nothing scrolls sideways", async () => {
  await makeViewer(server);
  const shop = { Id: "Projects-1", Slug: "shop" };
  const backUp = await makeRunbook(server, shop, "Back up", [scriptStep("Dump", [])]);
  const { n, task } = await backUp.run("Environments-1");
  await ended(server, task);
  const { page, problems } = await openPage(browser, server, { viewport: { width: 390, height: 844 } });
  await signIn(page, viewer);
  const pages = ["/library", "/library/lifecycles", "/library/lifecycles/default-lifecycle", "/audit", "/settings"];
  const more = ["/settings/users", "/settings/teams", "/settings/roles", "/profile/api-keys"];
  const ofProject = ["/projects/shop/settings", "/projects/shop/triggers"];
  const ofRunbook = [
    backUp.at,
    `${backUp.at}/process`,
    `${backUp.at}/settings`,
    `${backUp.at}/run?env=test`,
    `${backUp.at}/runs/${n}/summary`,
  ];
  for (const path of [...pages, ...more, ...ofProject, "/projects/shop/runbooks", ...ofRunbook]) {
    await page.goto(path);
    await page.getByRole("heading", { level: 1 }).waitFor();
    await expectCount(page.getByRole("heading", { name: "could not be loaded" }), 0, path);
    await expectFits(page, path);
    expect([path, await axeProblems(page)]).toEqual([path, []]);
    const ofRunbooks = [
      "Add runbook",
      "Add step",
      "Publish now…",
      "Delete runbook",
      "Run",
      "Run again",
      "Run… Back up",
    ];
    for (const name of ["Save", "Add lifecycle", "Add user", "Add team", "Delete project", "Delete", ...ofRunbooks]) {
      for (const button of await page.getByRole("button", { name, exact: true }).all()) {
        await expectOff(button, `${name} at ${path}`);
      }
    }
  }
  expect(problems).toEqual([]);
});
