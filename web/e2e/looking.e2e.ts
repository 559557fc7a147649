/** Looking before one changes: which value of a variable holds and who uses it; what a save changed, and past saves. */
import type { Browser } from "playwright-core";
import { expect, test } from "vitest";
import { axeProblems, openPage, shot, signIn } from "./browser.ts";
import { makeEnvironments, makeProject, makeViewer, scriptStep, viewer } from "./sample.ts";
import type { Server } from "./server.ts";
import { inWorld } from "./world.ts";

const SPACE = "/api/Spaces-1";
let browser: Browser;
let server: Server;
inWorld(async (world) => {
  ({ browser, server } = world);
  await makeEnvironments(server, "Test", "Production");
});

interface Named {
  Id: string;
}

/** A shop whose variables have values for places, one from a library set, and a step that uses some. */
async function shop() {
  const library = await server.call<Named & { VariableSetId: string }>("POST", `${SPACE}/libraryvariablesets`, {
    Name: "Shared",
  });
  const save = async (set: string, Variables: object[]) => {
    const before = await server.call<object>("GET", `${SPACE}/variables/${set}`);
    await server.call("PUT", `${SPACE}/variables/${set}`, { ...before, Variables });
  };
  await save(library.VariableSetId, [{ Name: "Region", Value: "north", Scope: {} }]);
  const made = await makeProject(server, "Shop", [
    scriptStep("Build", [], "curl #{Url}; echo #{Typo}"),
    scriptStep("Check", ["build"], 'echo "$(get_octopusvariable "Region")"'),
  ]);
  const project = await server.call<object>("GET", `${SPACE}/projects/${made.Id}`);
  await server.call("PUT", `${SPACE}/projects/${made.Id}`, { ...project, IncludedLibraryVariableSetIds: [library.Id] });
  await save(`variableset-${made.Id}`, [
    { Name: "Url", Value: "http://#{Host}", Scope: { Environment: ["Environments-1"] } },
    { Name: "Url", Value: "http://everywhere", Scope: {} },
    { Name: "Host", Value: "test-host", Scope: { Environment: ["Environments-1"] } },
    { Name: "Password", Value: "hunter-twelve", Type: "Sensitive", IsSensitive: true, Scope: {} },
    { Name: "Spare", Value: "x", Scope: {} },
  ]);
}

test("each value says whether it holds at a place and why, and each name who uses it", async () => {
  await shop();
  const { page, problems } = await openPage(browser, server);
  await signIn(page, undefined, "/projects/shop/variables");
  const grid = page.getByRole("grid", { name: "Variables" });
  const row = (value: string) => grid.getByRole("row").filter({ hasText: value });
  await row("http://#{Host}").getByRole("link", { name: "1 Build" }).waitFor();
  await row("test-host").getByText("Url").waitFor();
  await page.getByText("Build uses `Typo`, which has no value anywhere.").waitFor();
  await page
    .getByRole("listitem")
    .filter({ hasText: "no other variable names" })
    .getByRole("button", { name: "Spare" })
    .waitFor();
  expect(await axeProblems(page)).toEqual([]);
  await page.getByRole("combobox", { name: "Preview for: Environment" }).click();
  await page.getByRole("option", { name: "Test" }).click();
  await page.waitForURL("**preview=env%3ATest*");
  await row("http://#{Host}").getByText("Environment beats no scope.").waitFor();
  await row("http://#{Host}").getByText("http://test-host").waitFor();
  await row("http://everywhere").getByText("Not used.").waitFor();
  await page.getByRole("heading", { name: "Values from outside this project" }).waitFor();
  await page.getByRole("row", { name: /Region.*north.*Shared/ }).waitFor();
  expect(await axeProblems(page)).toEqual([]);
  await shot(page, "variables-preview");
  // The address is the state.
  await page.goto(page.url().replace("Test", "Production"));
  await row("http://everywhere").getByText("Used here.").waitFor();
  await row("test-host").getByText("it is for another environment").waitFor();
  expect(await page.content()).not.toContain("hunter-twelve");
  await page.getByRole("button", { name: "Add Typo" }).click();
  expect(await page.getByRole("dialog").getByLabel("Name").inputValue()).toBe("Typo");
  expect(problems).toEqual([]);
});

test("a review lists what the server says, and every save can be looked at, compared and taken up again", async () => {
  const { Slug: slug } = await makeProject(server, "Kept", [scriptStep("Build", []), scriptStep("Test", ["build"])]);
  const { page, problems } = await openPage(browser, server);
  await signIn(page, undefined, `/projects/${slug}/process/steps/test`);
  await page.getByLabel("Name", { exact: true }).fill("Check");
  await page.getByRole("button", { name: "Remove Build" }).click();
  await page.getByRole("button", { name: "Review changes (2)" }).click();
  const review = page.getByRole("dialog", { name: "Review changes" });
  await review.getByRole("listitem").filter({ hasText: "Renamed Test to Check" }).waitFor();
  const lines = await review.getByRole("list").first().getByRole("listitem").allTextContents();
  expect(lines.length).toBe(2);
  expect(lines[1]).toMatch(/^Check: starts .* \(was: after Build\)$/);
  const waits = review.getByRole("list", { name: "Dependencies" }).getByRole("listitem");
  expect(await waits.allTextContents()).toEqual([" Check waits for Build"]);
  expect(await axeProblems(page)).toEqual([]);
  await review.getByRole("button", { name: "Save" }).click();
  await page
    .getByRole("status")
    .getByText(/^Saved · version 2$/)
    .waitFor();
  await page.getByRole("link", { name: "Process", exact: true }).first().click();
  await page.getByRole("link", { name: /^v2\s*, all versions$/ }).click();
  await page.getByRole("heading", { level: 1, name: "Versions" }).waitFor();
  await page.getByRole("row", { name: /v2.*Renamed Test to Check/ }).waitFor();
  expect(await axeProblems(page)).toEqual([]);
  await page.getByRole("link", { name: "v1", exact: true }).click();
  await page.getByRole("heading", { level: 1, name: "Process version 1" }).waitFor();
  await page.getByRole("row", { name: /2 Test worker after 1/ }).waitFor();
  await page.getByText("Renamed Test to Check").waitFor();
  expect(await axeProblems(page)).toEqual([]);
  await page.getByRole("link", { name: "Compare with the present one" }).click();
  await page.getByRole("heading", { level: 1, name: "Compare versions" }).waitFor();
  await page.getByText("Renamed Test to Check").waitFor();
  await page.goto(`/projects/${slug}/process/compare?from=2&to=1`);
  await page.getByText("Renamed Check to Test").waitFor();
  expect(await axeProblems(page)).toEqual([]);
  await page.goto(`/projects/${slug}/process/versions/1`);
  await page.getByRole("button", { name: "Edit from this version" }).click();
  await page.getByRole("button", { name: "Review changes (2)" }).waitFor();
  await page.getByRole("row").getByRole("link", { name: "Test", exact: true }).waitFor();
  expect(problems).toEqual([]);
});

test("a control that is denied names the permission and the teams that have it", async () => {
  const team = await server.call<Named>("POST", "/api/teams", { Name: "Release managers", SpaceId: "Spaces-1" });
  await server.call("POST", "/api/scopeduserroles", {
    TeamId: team.Id,
    UserRoleId: "userroles-projectdeployer",
    SpaceId: "Spaces-1",
  });
  const { Slug: slug } = await makeProject(server, "Guarded", [scriptStep("Build", [])]);
  await makeViewer(server);
  const { page, problems } = await openPage(browser, server);
  await signIn(page, viewer, `/projects/${slug}/process`);
  await page.getByText(/You can look at this process but not change it\. Needs Edit process\. Ask: /).waitFor();
  await server.call("POST", `${SPACE}/releases/create/v1`, { ProjectName: "Guarded", ReleaseVersion: "1.0.0" });
  await page.goto(`/projects/${slug}/releases/1.0.0`);
  const deploy = page.getByRole("button", { name: "Deploy to Test" });
  await deploy.waitFor();
  const reason = () =>
    deploy.evaluate((one) => document.getElementById(one.getAttribute("aria-describedby") ?? "")?.textContent);
  await expect.poll(reason).toMatch(/^Needs Create deployment\. Ask: .*Release managers/);
  // A page that may not be seen says the same.
  await page.goto(`/projects/${slug}/variables`);
  await page.getByText(/You do not have the VariableView permission.*team that has it: .*Release managers/).waitFor();
  expect(await axeProblems(page)).toEqual([]);
  expect(problems).toEqual([]);
});
