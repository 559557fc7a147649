/** The settings of a step: all that decides whether, where and how it runs is shown as it is stored, and can be changed. */
import type { Browser, Page } from "playwright-core";
import { expect, test } from "vitest";
import { axeProblems, expectCount, expectFits, openPage, shot, signIn } from "./browser.ts";
import { save, stored } from "./process.ts";
import type { Server } from "./server.ts";
import { project, type ShopStep, targets } from "./webshop.ts";
import { inWorld } from "./world.ts";

const SPACE = "/api/Spaces-1";
let browser: Browser;
let server: Server;
let environment: string;
let production: string;
let pool: string;
inWorld(async (world) => {
  ({ browser, server } = world);
  environment = await targets(server);
  production = (await server.call<{ Id: string }>("POST", `${SPACE}/environments`, { Name: "Production" })).Id;
  const made = { Name: "Windows pool", WorkerPoolType: "StaticWorkerPool" };
  pool = (await server.call<{ Id: string }>("POST", `${SPACE}/workerpools`, made)).Id;
});

type Stored = Record<string, unknown> & { Properties: Record<string, string>; Actions: Action[] };
type Action = Record<string, unknown> & { Properties: Record<string, string> };

async function openStep(name: string, step: ShopStep) {
  const shop = await project(server, name, [step, { name: "Next" }], environment);
  const { page, problems } = await openPage(browser, server);
  const slug = step.name.toLowerCase().replaceAll(" ", "-");
  await signIn(page, undefined, `/projects/${shop.slug}/process/steps/${slug}`);
  await page.getByRole("heading", { name: `Step settings: ${step.name}` }).waitFor();
  const now = async () => {
    const { Steps } = await stored(server, shop.slug);
    const found = (Steps as unknown as Stored[])[0] as Stored;
    return { step: found, action: found.Actions[0] as Action };
  };
  return { page, problems, now, shop };
}

const region = (page: Page, name: string) => page.getByRole("region", { name, exact: true });
const isOn = (page: Page, role: "radio" | "checkbox", name: string) =>
  expect.poll(() => page.getByRole(role, { name, exact: true }).isChecked(), { message: name }).toBe(true);

async function choose(page: Page, field: string, option: string | RegExp) {
  await page.getByRole("combobox", { name: field, exact: true }).click();
  await page.getByRole("option", { name: option }).click();
}

test("an excluded environment, a condition of the action and a required step are shown and can be changed", async () => {
  const { page, problems, now } = await openStep("Scoped shop", {
    name: "Deploy",
    on: "web",
    action: {
      ExcludedEnvironments: [production, "Environments-999"],
      IsRequired: true,
      Condition: "Variable",
      ActionType: "Octopus.Script",
      Properties: {
        "Octopus.Action.Script.ScriptBody": "echo",
        "Octopus.Action.ConditionVariableExpression": "#{Wanted}",
      },
    },
  });
  const section = region(page, "Environments");
  await isOn(page, "radio", "In all but");
  await isOn(page, "checkbox", "Production");
  await isOn(page, "checkbox", "Environments-999 (not found)");
  await isOn(page, "checkbox", "Required");
  await expect
    .poll(() => page.getByLabel("Its action runs only when this is true, too").inputValue())
    .toBe("#{Wanted}");
  await shot(page, "settings-environments");
  await section.getByRole("checkbox", { name: "Environments-999 (not found)" }).click();
  await section.getByRole("checkbox", { name: "Test" }).click();
  await page.getByRole("checkbox", { name: "Required", exact: true }).click();
  await save(page);
  expect((await now()).action).toMatchObject({
    Environments: [],
    ExcludedEnvironments: [production, environment],
    IsRequired: false,
  });
  await section.getByRole("radio", { name: "Only in" }).click();
  await section.getByText("None is chosen yet: it runs in every environment.").waitFor();
  await section.getByRole("checkbox", { name: "Test" }).click();
  await save(page);
  expect((await now()).action).toMatchObject({ Environments: [environment], ExcludedEnvironments: [] });
  expect(await axeProblems(page)).toEqual([]);
  expect(problems).toEqual([]);
});

test("the worker pool is chosen by name or by a variable, and one without a worker can be left", async () => {
  const { page, problems, now } = await openStep("Pooled shop", {
    name: "Build",
    action: {
      WorkerPoolId: pool,
      ActionType: "Octopus.Script",
      Properties: { "Octopus.Action.RunOnServer": "True", "Octopus.Action.Script.ScriptBody": "echo" },
    },
  });
  const section = region(page, "Where it runs");
  await section.getByText("Build runs on the worker pool Windows pool, which has no worker").waitFor();
  const field = page.getByRole("combobox", { name: "Worker pool" });
  await expect.poll(() => field.inputValue()).toBe("Windows pool");
  await choose(page, "Worker pool", "Named by a variable");
  await section.getByRole("textbox", { name: "Variable" }).fill("Build.Pool");
  await expectCount(section.getByText("which has no worker"), 0, "the warning");
  await save(page);
  expect((await now()).action).toMatchObject({ WorkerPoolId: null, WorkerPoolVariable: "Build.Pool" });
  await choose(page, "Worker pool", /^Not chosen/);
  await save(page);
  expect((await now()).action).toMatchObject({ WorkerPoolId: null, WorkerPoolVariable: null });
  expect(problems).toEqual([]);
});

test("how many targets at a time, and who else may use them, is set in the step", async () => {
  const { page, problems, now } = await openStep("Rolling shop", { name: "Deploy", on: "web" });
  await page.getByLabel("Targets at a time").fill("25%");
  await isOn(page, "radio", "No other deployment runs there");
  await page.getByRole("radio", { name: "It has the machine to itself" }).click();
  await save(page);
  const { step } = await now();
  expect(step.Properties).toMatchObject({
    "Octopus.Action.MaxParallelism": "25%",
    "Regatta.Step.MachineLock": "exclusive",
  });
  await page.getByRole("radio", { name: "Other deployments may run there, too" }).click();
  await save(page);
  const open = (await now()).step.Properties;
  expect(open).toMatchObject({ OctopusBypassDeploymentMutex: "True" });
  expect(open).not.toHaveProperty("Regatta.Step.MachineLock");
  // What cannot be is said where it is.
  await page.getByLabel("Targets at a time").fill("none");
  await region(page, "Where it runs").getByText("how many targets at a time: `none` is not a number").waitFor();
  expect(problems).toEqual([]);
});

test("a script of a package is shown as one, with its package, feed, file and words behind it", async () => {
  const { page, problems, now } = await openStep("Packaged shop", {
    name: "Deploy",
    action: {
      ActionType: "Octopus.Script",
      Packages: [
        { Name: "", PackageId: "Acme.Web", FeedId: "feeds-builtin", AcquisitionLocation: "Server" },
        { Name: "Tools", PackageId: "Acme.Tools", FeedId: "Feeds-77", AcquisitionLocation: "Server" },
      ],
      Properties: {
        "Octopus.Action.RunOnServer": "True",
        "Octopus.Action.Script.ScriptSource": "Package",
        "Octopus.Action.Script.ScriptFileName": "run.sh",
        "Octopus.Action.SomethingOfAnother.Tool": "kept",
      },
    },
  });
  const section = region(page, "Script");
  await expect
    .poll(() => page.getByRole("combobox", { name: "Where the script is" }).inputValue())
    .toBe("A file of a package");
  await expectCount(page.getByLabel("Script source"), 0, "an editor without effect");
  await section.getByText("Also uses Tools: Acme.Tools from Feeds-77.").waitFor();
  await expect.poll(() => page.getByRole("combobox", { name: "Feed" }).inputValue()).not.toBe("");
  await region(page, "Other properties").getByText("Octopus.Action.SomethingOfAnother.Tool").waitFor();
  await shot(page, "settings-package");
  expect(await axeProblems(page)).toEqual([]);
  await page.getByLabel("Package id").fill("Acme.Site");
  await page.getByLabel("Script file").fill("deploy/run.sh");
  await page.getByLabel("Parameters").fill("--all");
  await save(page);
  const { action } = await now();
  expect(action.Packages).toMatchObject([
    { Name: "", PackageId: "Acme.Site" },
    { Name: "Tools", PackageId: "Acme.Tools" },
  ]);
  expect(action.Properties).toMatchObject({
    "Octopus.Action.Script.ScriptFileName": "deploy/run.sh",
    "Octopus.Action.Script.ScriptParameters": "--all",
    "Octopus.Action.SomethingOfAnother.Tool": "kept",
  });
  expect(problems).toEqual([]);
});

test("a script in git says where it lies, and what becomes of it here", async () => {
  const { page, problems, now } = await openStep("Git shop", {
    name: "Deploy",
    action: {
      ActionType: "Octopus.Script",
      GitDependencies: [{ Name: "", RepositoryUri: "https://git.example/app.git", DefaultBranch: "main" }],
      Properties: {
        "Octopus.Action.RunOnServer": "True",
        "Octopus.Action.Script.ScriptSource": "GitRepository",
        "Octopus.Action.Script.ScriptFileName": "run.sh",
      },
    },
  });
  await expect.poll(() => page.getByLabel("Repository").inputValue()).toBe("https://git.example/app.git");
  await page.getByText("does not fetch scripts from git").waitFor();
  await page.getByLabel("Branch").fill("release");
  await save(page);
  expect((await now()).action.GitDependencies).toMatchObject([
    { RepositoryUri: "https://git.example/app.git", DefaultBranch: "release" },
  ]);
  expect(problems).toEqual([]);
});

test("a step that deploys a package is added, filled in and saved", async () => {
  const { page, problems, shop } = await openStep("Deploying shop", { name: "Before" });
  await page.goto(`/projects/${shop.slug}/process/new`);
  await page.getByRole("radio", { name: "Deploy a package" }).click();
  await page.getByRole("textbox", { name: "Name" }).fill("Put it there");
  await page.getByRole("button", { name: "Add to the process" }).click();
  await page.getByRole("heading", { name: "Step settings: Put it there" }).waitFor();
  const section = region(page, "Package");
  // What it cannot do without is said in its section.
  await section.getByText("PackageId` is empty").waitFor();
  await section.getByLabel("Package id").fill("Acme.Web");
  await page.getByLabel("Target tags").fill("web");
  await section.getByRole("checkbox", { name: "Evaluate templates in files of the package" }).click();
  await section.getByLabel("Files with templates").fill("config/*.json");
  await section.getByLabel("PostDeploy script (Bash)").fill("echo done");
  await shot(page, "settings-deploy-package");
  expect(await axeProblems(page)).toEqual([]);
  await page.setViewportSize({ width: 390, height: 844 });
  await expectFits(page);
  await shot(page, "settings-deploy-package-390");
  await save(page);
  const { Steps } = await stored(server, shop.slug);
  const made = (Steps as unknown as Stored[]).find((step) => step.Slug === "put-it-there") as Stored;
  expect(made.Actions[0]).toMatchObject({
    ActionType: "Octopus.TentaclePackage",
    Packages: [{ Name: "", PackageId: "Acme.Web", FeedId: "feeds-builtin" }],
    Properties: {
      "Octopus.Action.EnabledFeatures": "Octopus.Features.SubstituteInFiles",
      "Octopus.Action.SubstituteInFiles.TargetFiles": "config/*.json",
      "Octopus.Action.CustomScripts.PostDeploy.sh": "echo done",
    },
  });
  expect(problems).toEqual([]);
});

test("a type the portal has no fields for shows what is stored, and nothing to type into", async () => {
  const { page, problems } = await openStep("Foreign shop", {
    name: "Bake",
    action: { ActionType: "Acme.Oven", Properties: { "Acme.Oven.Degrees": "220" } },
  });
  await region(page, "Name and type").getByText("Acme.Oven").waitFor();
  await region(page, "Script").getByText("The portal has no fields for this type of step.").waitFor();
  await region(page, "Other properties").getByText("220").waitFor();
  await expectCount(page.getByLabel("Script source"), 0);
  expect(problems).toEqual([]);
});
