/** From the releases of a project to a deployment on its way: the story's steps S8 and S9, and what is refused. */
import type { Browser } from "playwright-core";
import { expect, test } from "vitest";
import { axeProblems, expectCount, expectFits, expectSearch, openPage, shot, signIn } from "./browser.ts";
import { processPath, stored } from "./process.ts";
import { makeEnvironments, makeProject, scriptStep } from "./sample.ts";
import type { Server } from "./server.ts";
import { inWorld } from "./world.ts";

let browser: Browser;
let server: Server;
inWorld(async (world) => {
  ({ browser, server } = world);
  await makeEnvironments(server, "Test", "Production");
});

/** A project with these steps in the default lifecycle, with Test before Production. */
async function project(name: string, steps: unknown[]): Promise<string> {
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
  await page.getByRole("button", { name: "Create release" }).click();
  await page.getByRole("heading", { level: 1, name: "New release" }).waitFor();
  await expect.poll(() => page.getByLabel("Version").inputValue()).toBe("0.0.1");
  await page.getByLabel("Release notes").fill("<script>alert(1)</script> first");
  expect(await axeProblems(page)).toEqual([]);
  await shot(page, "release-new");
  await page.getByRole("button", { name: "Create release" }).click();
  await page.getByRole("heading", { level: 1, name: "Release 0.0.1" }).waitFor();
  await page.getByText("process v1").waitFor();
  await page.getByText("<script>alert(1)</script> first").waitFor();
  await page.getByText("after Test").waitFor();
  await page.getByRole("button", { name: "Deploy to Test" }).waitFor();
  await expectCount(page.getByRole("button", { name: "Deploy to Production" }), 0);
  expect(await axeProblems(page)).toEqual([]);
  await shot(page, "release");
  const ahead = page.url();
  await page.goto(`${ahead}/deploy?env=production`);
  await page.getByText("The lifecycle lets this release go to Production after Test only.").first().waitFor();
  await page.getByRole("button", { name: "Deploy", exact: true }).and(page.locator("[aria-disabled=true]")).waitFor();
  await page.goto(ahead);
  // What is edited from now on is not in it.
  const edited = await stored(server, slug);
  const Steps = [...edited.Steps, scriptStep("later", ["test"])];
  await server.call("PUT", processPath(slug), { ...edited, Steps });
  await page.getByRole("button", { name: "Deploy to Test" }).click();
  await page.getByRole("heading", { level: 1, name: "Deploy 0.0.1 to Test" }).waitFor();
  await page.getByText("3 steps on the worker; 0 skipped").waitFor();
  // It answers at once, although what it does is still being read.
  await page.getByRole("checkbox", { name: "Leave out lint" }).uncheck();
  await page.getByText("2 steps on the worker; 1 skipped").waitFor();
  await expectSearch(page, "exclude", "lint");
  expect(await axeProblems(page)).toEqual([]);
  await shot(page, "deploy");
  await page.getByRole("button", { name: "Deploy", exact: true }).dblclick();
  await page.waitForURL(`**/projects/${slug}/deployments/*/summary`);
  const made = await server.call<{ TotalResults: number }>("GET", "/api/Spaces-1/deployments");
  expect(made.TotalResults).toBe(1);
  await page.getByText("Order respected", { exact: false }).waitFor();
  const ran = page.getByRole("treegrid").getByRole("row").filter({ hasText: "Succeeded" });
  await expectCount(ran, 2, "steps of the process as it was");
  await expectCount(page.getByRole("row").filter({ hasText: "later" }), 0, "the step that came after");
  await page.goto(`/projects/${slug}/releases/0.0.1`);
  await page.getByText("process v1").waitFor();
  await page.goto(`/projects/${slug}/process`);
  await page.getByRole("row").filter({ hasText: "later" }).waitFor();
  expect(problems).toEqual([]);
});

test("boxes answer at once and nothing is lost while the server does not answer", async () => {
  const slug = await project("Slow", [scriptStep("one", []), scriptStep("two", []), scriptStep("three", [])]);
  await server.call("POST", "/api/Spaces-1/releases/create/v1", { ProjectName: slug, ReleaseVersion: "1.0.0" });
  const { page, problems } = await openPage(browser, server);
  await signIn(page, undefined, `/projects/${slug}/releases/1.0.0/deploy?env=test`);
  await page.getByText("3 steps on the worker; 0 skipped").waitFor();
  let answer = () => {};
  const answers = new Promise<void>((resolve) => {
    answer = resolve;
  });
  await page.route("**/api/**", async (route) => {
    await answers;
    await route.continue();
  });
  // In the very event, before anything could be read.
  const untick = (name: string) =>
    page.getByRole("checkbox", { name }).evaluate((box: HTMLInputElement) => {
      box.click();
      return box.checked;
    });
  expect([await untick("Leave out one"), await untick("Leave out three")]).toEqual([false, false]);
  answer();
  await page.getByText("1 step on the worker; 2 skipped").waitFor();
  await expectSearch(page, "exclude", "one,three");
  await page.goBack();
  await page.getByText("2 steps on the worker; 1 skipped").waitFor();
  await expect.poll(() => page.getByRole("checkbox", { name: "Leave out three" }).isChecked()).toBe(true);
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
  await expect.poll(() => page.getByLabel("Release notes").inputValue()).toBe("kept");
  expect(problems).toEqual([]);
});

test("an empty process says what to do first", async () => {
  const slug = await project("Empty", []);
  const { page, problems } = await openPage(browser, server, { viewport: { width: 390, height: 844 } });
  await signIn(page, undefined, `/projects/${slug}/releases/new`);
  await page.getByText("The process has no steps yet").waitFor();
  await expectFits(page);
  expect(problems).toEqual([]);
});
