/** From the releases of a project to a deployment on its way: the story's steps S8 and S9, and what is refused. */
import type { Browser } from "playwright-core";
import { expect, test } from "vitest";
import { axeProblems, expectCount, expectFits, expectOff, expectSearch, openPage, shot, signIn } from "./browser.ts";
import { processPath, stored } from "./process.ts";
import { makeEnvironments, makeProject, scriptStep } from "./sample.ts";
import { admin, type Server } from "./server.ts";
import { inWorld } from "./world.ts";

let browser: Browser;
let server: Server;
inWorld(async (world) => {
  ({ browser, server } = world);
  await makeEnvironments(server, "Test", "Production");
});

/** A zip archive with nothing in it. */
const zip = Uint8Array.from([0x50, 0x4b, 5, 6, ...new Array(18).fill(0)]);

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

test("a new release says which versions it takes, what changed since the last one, and what is not saved", async () => {
  const push = async (file: string) => {
    const form = new FormData();
    form.append("file", new Blob([zip]), file);
    const answer = await fetch(`${server.url}/api/Spaces-1/packages/raw`, {
      method: "POST",
      headers: { "X-Octopus-ApiKey": admin.apiKey },
      body: form,
    });
    expect(answer.status).toBeLessThan(300);
  };
  await push("Web.1.0.0.zip");
  const deployed = scriptStep("deploy", []);
  const [action] = deployed.Actions;
  const Packages = [{ Name: "", PackageId: "Web", FeedId: "feeds-builtin", AcquisitionLocation: "Server" }];
  const steps = [{ ...deployed, Actions: [{ ...action, Packages }] }];
  const made = await makeProject(server, "Packaged", steps);
  const slug = made.Slug;
  await server.call("POST", "/api/Spaces-1/releases/create/v1", { ProjectName: slug, ReleaseVersion: "1.0.0" });
  await push("Web.1.1.0.zip");
  await push("Web.2.0.0.zip");
  const before = await stored(server, slug);
  await server.call("PUT", processPath(slug), { ...before, Steps: [...before.Steps, scriptStep("check", ["deploy"])] });
  const variables = `/api/Spaces-1/variables/variableset-${made.Id}`;
  const set = await server.call<object>("GET", variables);
  await server.call("PUT", variables, { ...set, Variables: [{ Name: "Db.Host", Value: "a-secret-host", Scope: {} }] });

  const { page, problems } = await openPage(browser, server);
  await signIn(page, undefined, `/projects/${slug}/process/steps/check`);
  await page.getByLabel("Name", { exact: true }).fill("Check it");
  await page.getByText("Unsaved changes (1)").waitFor();
  await page.goto(`/projects/${slug}/releases/new`);
  await page.getByText("One change of the process is not saved").waitFor();
  await page.getByRole("heading", { name: "Changes since 1.0.0" }).waitFor();
  await page.getByText("Added the step check, which starts after deploy").waitFor();
  await page.getByText("Web of deploy: 1.0.0 → 2.0.0").waitFor();
  await page.getByText("Db.Host", { exact: true }).waitFor();
  await expectCount(page.getByText("a-secret-host"), 0, "values of variables");
  const version = page.getByRole("combobox", { name: "Version of Web" });
  await expect.poll(() => version.inputValue()).toBe("2.0.0");
  await version.click();
  await page.getByRole("option", { name: "1.1.0" }).click();
  await page.getByText("Web of deploy: 1.0.0 → 1.1.0").waitFor();
  expect(await axeProblems(page)).toEqual([]);
  await shot(page, "release-changes");
  await page.getByRole("button", { name: "Save first" }).click();
  await page.getByText("Added the step Check it, which starts after deploy").waitFor();
  await expectCount(page.getByRole("button", { name: "Save first" }), 0, "nothing is left to save");
  await page.getByLabel("Release notes").fill("## What is new\n\n- **faster**");
  await page.getByRole("button", { name: "Create release" }).click();
  await page.getByRole("heading", { level: 1, name: "Release 1.0.1" }).waitFor();
  await page.getByRole("row", { name: /Web\s+1\.1\.0\s+deploy/ }).waitFor();
  await page.getByRole("listitem").filter({ hasText: "faster" }).locator("strong").waitFor();
  await shot(page, "release-packages");
  expect(problems).toEqual([]);
});

test("a process that cannot be released lists why, each leading to its step", async () => {
  const slug = await project("Broken", [scriptStep("build", []), scriptStep("test", ["build"])]);
  const { page, problems } = await openPage(browser, server);
  await signIn(page, undefined, `/projects/${slug}`);
  // The server lets nobody save such a process: it is told of one that became so, such as by an older version.
  await page.route("**/deploymentprocesses/plan", async (route) => {
    const answer = await route.fetch();
    const plan = await answer.json();
    const Steps = [{ Slug: "test", Name: "test" }];
    plan.Problems = [{ Kind: "NoScript", Level: "Error", Message: "test has no script.", Steps }];
    await route.fulfill({ response: answer, json: plan });
  });
  await page.goto(`/projects/${slug}/releases/new`);
  await page.getByRole("alert").getByText("One problem of the process must be solved first").waitFor();
  await expectOff(page.getByRole("button", { name: "Create release" }));
  await page.getByRole("link", { name: "test has no script." }).click();
  await page.getByRole("heading", { level: 1, name: "Step settings: test" }).waitFor();
  expect(problems).toEqual([]);
});

test("what a deployment asks for that cannot be read is said, and nothing is deployed without it", async () => {
  const slug = await project("Asking", [scriptStep("build", [])]);
  await server.call("POST", "/api/Spaces-1/releases/create/v1", { ProjectName: slug, ReleaseVersion: "1.0.0" });
  const { page, problems } = await openPage(browser, server);
  await page.route("**/deployments/preview/**", (route) =>
    route.fulfill({ status: 400, json: { ErrorMessage: "no preview" } }),
  );
  await signIn(page, undefined, `/projects/${slug}/releases/1.0.0/deploy?env=test`);
  await page.getByText("What this deployment asks for could not be loaded").waitFor();
  await expectOff(page.getByRole("button", { name: "Deploy", exact: true }));
  await page.unroute("**/deployments/preview/**");
  await page.getByRole("button", { name: "Retry" }).click();
  await page.getByRole("button", { name: "Deploy", exact: true }).and(page.locator(":not([aria-disabled])")).waitFor();
  expect(problems).toEqual([]);
});
