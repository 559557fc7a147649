/** From the releases of a project to a deployment on its way: the story's steps S8 and S9, and what is refused. */
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { axeProblems, launchBrowser, openPage, shot, signIn } from "./browser.ts";
import { makeEnvironments, makeProject, scriptStep } from "./sample.ts";
import { type Server, startServer } from "./server.ts";

let browser: Browser;
let server: Server;
beforeAll(async () => {
  [browser, server] = await Promise.all([launchBrowser(), startServer()]);
});
afterAll(async () => {
  await browser?.close();
  await server?.stop();
});

/** A project with these steps in the default lifecycle, with Test before Production. */
async function project(name: string, steps: unknown[]): Promise<string> {
  const found = await server.call<{ TotalResults: number }>("GET", "/api/Spaces-1/environments?name=Test");
  if (found.TotalResults === 0) await makeEnvironments(server, "Test", "Production");
  return (await makeProject(server, name, steps)).Slug;
}

test("a release is created and deployed to Test, and Production has to wait", async () => {
  const slug = await project("Web shop", [
    scriptStep("build", []),
    scriptStep("test", ["build"]),
    scriptStep("lint", ["build"]),
  ]);
  const { page, problems } = await openPage(browser, server);
  await signIn(page, undefined, `/projects/${slug}/releases`);
  await page.getByText("A release freezes").waitFor();
  expect(await axeProblems(page)).toEqual([]);
  await page.getByRole("link", { name: "Create release" }).click();
  await page.getByRole("heading", { level: 1, name: "New release" }).waitFor();
  expect(await page.getByLabel("Version").inputValue()).toBe("0.0.1");
  await page.getByLabel("Release notes").fill("<script>alert(1)</script> first");
  expect(await axeProblems(page)).toEqual([]);
  await shot(page, "release-new");
  await page.getByRole("button", { name: "Create release" }).click();
  await page.getByRole("heading", { level: 1, name: "Release 0.0.1" }).waitFor();
  await page.getByText("process v1").waitFor();
  await page.getByText("<script>alert(1)</script> first").waitFor();
  await page.getByText("after Test").waitFor();
  expect(await page.getByRole("link", { name: "Deploy to Production" }).count()).toBe(0);
  expect(await axeProblems(page)).toEqual([]);
  await shot(page, "release");
  await page.getByRole("link", { name: "Deploy to Test" }).click();
  await page.getByRole("heading", { level: 1, name: "Deploy 0.0.1 to Test" }).waitFor();
  await page.getByText("3 steps on the worker; 0 skipped").waitFor();
  await page.getByRole("checkbox", { name: "Leave out lint" }).uncheck();
  await page.getByText("2 steps on the worker; 1 skipped").waitFor();
  expect(new URL(page.url()).searchParams.get("exclude")).toBe("lint");
  expect(await axeProblems(page)).toEqual([]);
  await shot(page, "deploy");
  await page.getByRole("button", { name: "Deploy", exact: true }).dblclick();
  await page.waitForURL(`**/projects/${slug}/deployments/*/summary`);
  const made = await server.call<{ TotalResults: number }>("GET", "/api/Spaces-1/deployments");
  expect(made.TotalResults).toBe(1);
  expect(problems).toEqual([]);
});

test("a version that is taken is refused where it was typed, and nothing is lost", async () => {
  const slug = await project("Billing", [scriptStep("build", [])]);
  await server.call("POST", "/api/Spaces-1/releases/create/v1", { ProjectName: slug, ReleaseVersion: "1.0.0" });
  const { page, problems } = await openPage(browser, server);
  await signIn(page, undefined, `/projects/${slug}/releases/new`);
  await page.getByLabel("Version").fill("1.0.0");
  await page.getByLabel("Release notes").fill("kept");
  await page.getByRole("button", { name: "Create release" }).click();
  await page.getByRole("alert").getByText("1.0.0").waitFor();
  expect(await page.getByLabel("Release notes").inputValue()).toBe("kept");
  expect(problems).toEqual([]);
});

test("an empty process says what to do first", async () => {
  const slug = await project("Empty", []);
  const { page, problems } = await openPage(browser, server, { viewport: { width: 390, height: 844 } });
  await signIn(page, undefined, `/projects/${slug}/releases/new`);
  await page.getByText("The process has no steps yet").waitFor();
  expect(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth)).toBe(true);
  expect(problems).toEqual([]);
});
