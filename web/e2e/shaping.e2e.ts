/** Giving a process its shape: every way to make a dependency, what is refused, what is found, and what then runs. */
import type { Browser, Locator, Page } from "playwright-core";
import { expect, test } from "vitest";
import { axeProblems, expectCount, expectOff, expectSearch, openPage, signIn } from "./browser.ts";
import { listOf, processPath, save, stored } from "./process.ts";
import type { Server } from "./server.ts";
import { gate, project, type ShopStep, targets, webShop } from "./webshop.ts";
import { inWorld } from "./world.ts";

const SPACE = "/api/Spaces-1";
let browser: Browser;
let server: Server;
let environment: string;
inWorld(async (world) => {
  ({ browser, server } = world);
  environment = await targets(server);
});

async function openAt(address: string) {
  const opened = await openPage(browser, server);
  await signIn(opened.page, undefined, address);
  return opened;
}

const make = (name: string, steps: ShopStep[]) => project(server, name, steps, environment);
const card = (page: Page, name: string) => page.getByRole("option", { name: new RegExp(`^${name},`) });
const unchanged = (page: Page) => page.getByRole("button", { name: "Review changes (0)" }).waitFor();
const problem = (page: Page, text: string | RegExp) => page.getByRole("listitem").filter({ hasText: text });

/** Where a card is, when it has come to rest. */
async function boxOf(of: Locator) {
  await of.scrollIntoViewIfNeeded();
  const box = await of.boundingBox();
  if (!box) throw new Error("the card is shown");
  return box;
}

/** From the handle of a card onto another, with the mouse held down. */
async function drag(page: Page, from: string, to: string) {
  const [a, b] = [await boxOf(card(page, from)), await boxOf(card(page, to))];
  await page.mouse.move(a.x + a.width, a.y + a.height / 2);
  await page.mouse.down();
  await page.mouse.move(b.x + b.width / 2, b.y + b.height / 2, { steps: 5 });
}

/** How the run of a task stands, by slug of the step. */
async function states(task: string): Promise<Record<string, string>> {
  const run = await server.call<{ Steps: { StepSlug: string; State: string }[] }>("GET", `${SPACE}/tasks/${task}/run`);
  return Object.fromEntries(run.Steps.map((step) => [step.StepSlug, step.State]));
}

const stateOfTask = async (task: string) => (await server.call<{ State: string }>("GET", `/api/tasks/${task}`)).State;

const ways: Record<string, (page: Page) => Promise<void>> = {
  async drag(page) {
    await drag(page, "Upload assets", "Deploy API");
    await page.mouse.up();
  },
  async "the key d"(page) {
    await card(page, "Deploy API").click();
    await page.keyboard.press("d");
    await page.getByText("Choose the step that Deploy API should wait for.").waitFor();
    await card(page, "Upload assets").click();
  },
  async "two clicks"(page) {
    const from = await boxOf(card(page, "Upload assets"));
    await page.mouse.click(from.x + from.width, from.y + from.height / 2);
    await page.getByText("Choose the step that should wait for Upload assets.").waitFor();
    await card(page, "Deploy API").click();
  },
  async "the picker"(page) {
    await card(page, "Deploy API").dblclick();
    await page.getByRole("heading", { name: "Step settings: Deploy API" }).waitFor();
    await page.getByRole("combobox", { name: "Add step" }).click();
    await page.getByRole("option", { name: /Upload assets/ }).click();
    await page.getByRole("button", { name: "Remove Upload assets" }).waitFor();
  },
};

test("a dependency is the same, however it is made: dragged, by key, by two clicks, from the list", async () => {
  const made: Record<string, unknown> = {};
  for (const [way, by] of Object.entries(ways)) {
    const shop = await make(`Shop by ${way}`, webShop(1));
    const { page, problems } = await openAt(`/projects/${shop.slug}/process?view=graph`);
    await card(page, "Smoke test").waitFor();
    await by(page);
    await page.getByRole("button", { name: "Review changes (1)" }).waitFor();
    await save(page);
    const { Steps } = await stored(server, shop.slug);
    made[way] = JSON.parse(JSON.stringify(Steps, (key, value) => (key === "Id" ? undefined : value)));
    expect(await listOf(server, shop.slug, "deploy-api"), way).toEqual(["migrate-database", "upload-assets"]);
    expect(problems, way).toEqual([]);
    await page.context().close();
  }
  for (const way of Object.keys(ways)) expect(made[way], way).toEqual(made.drag);
});

test("a drop that would make a loop is refused with the reason, and the draft stays as it was", async () => {
  const shop = await make("Loop shop", webShop(1));
  const before = await stored(server, shop.slug);
  const { page, problems } = await openAt(`/projects/${shop.slug}/process?view=graph`);
  await drag(page, "Deploy API", "Migrate database");
  // While it is dragged, what cannot be is faint and says why; what can be is not.
  await expectOff(card(page, "Migrate database"));
  await expectOff(card(page, "Back up database"));
  await expect.poll(() => card(page, "Warm cache").getAttribute("aria-disabled")).toBe(null);
  await page.mouse.up();
  await page
    .getByRole("status")
    .getByText(/waits for this step|would wait/)
    .waitFor();
  await unchanged(page);
  await expectOff(page.getByRole("button", { name: "Save", exact: true }));
  expect(await axeProblems(page)).toEqual([]);
  expect(await stored(server, shop.slug)).toEqual(before);
  expect(problems).toEqual([]);
});

test("reading an output without waiting is warned of while one types, and mended by its fix", async () => {
  const shop = await make("Reading shop", [
    { name: "Build", script: "set_octopusvariable Tag 1" },
    { name: "Deploy", after: [] },
  ]);
  const { page, problems } = await openAt(`/projects/${shop.slug}/process/steps/deploy`);
  await page.getByLabel("Script source").fill('echo "#{Octopus.Action[Build].Output.Tag}"');
  const warning = problem(page, "Deploy reads `Output[Build].Tag` (line 1) but does not wait for Build");
  await warning.waitFor();
  await page.getByText("Tag of Build").waitFor();
  expect(await axeProblems(page)).toEqual([]);
  await warning.getByRole("button", { name: "Let Deploy wait for Build" }).click();
  await page.getByRole("button", { name: "Remove Build" }).waitFor();
  await expectCount(warning, 0, "the warning");
  await save(page);
  expect(await listOf(server, shop.slug, "deploy")).toEqual(["build"]);
  await expectCount(warning, 0, "the warning");
  expect(problems).toEqual([]);
});

test("a dependency that is implied is pointed out; without it everything starts as before", async () => {
  const shop = await make("Doubled shop", [
    { name: "Build", after: [] },
    { name: "Test", after: ["build"] },
    { name: "Deploy", after: ["build", "test"] },
  ]);
  const starts = async () => {
    const plan = await server.call<{ Steps: { StepSlug: string; StartsAfterMs: number }[] }>(
      "POST",
      `${processPath(shop.slug)}/plan`,
      {},
    );
    return plan.Steps.map((step) => [step.StepSlug, step.StartsAfterMs]);
  };
  const before = await starts();
  const { page, problems } = await openAt(`/projects/${shop.slug}/process`);
  const hint = problem(page, "Deploy waiting for Build is already implied through Test.");
  await hint.getByRole("button", { name: "Deploy: remove the dependency on Build" }).click();
  await expectCount(hint, 0, "the hint");
  await page
    .getByRole("row", { name: /Deploy/ })
    .getByText("after 2", { exact: true })
    .waitFor();
  await save(page);
  expect(await listOf(server, shop.slug, "deploy")).toEqual(["test"]);
  expect(await starts()).toEqual(before);
  expect(problems).toEqual([]);
});

test("steps that will take turns are named in the process, in the plan and while they do", async () => {
  const hold = gate(server);
  const script = `until [ -e '${hold.file}' ]; do sleep 0.05; done`;
  const shop = await make("Turns shop", [
    { name: "Deploy API", after: [], script },
    { name: "Deploy web", after: [], script },
  ]);
  const settings = `${SPACE}/projects/${shop.id}/deploymentsettings`;
  await server.call("PUT", settings, { ...(await server.call<object>("GET", settings)), "Regatta.MaxRunning": 1 });
  const says =
    "2 steps could run at once (Deploy API, Deploy web), and the project lets 1 run at once: some will take turns.";
  const { page, problems } = await openAt(`/projects/${shop.slug}/process`);
  await problem(page, says).waitFor();
  await server.call("POST", `${SPACE}/releases`, { ProjectId: shop.id, Version: "0.1.0" });
  await page.goto(`/projects/${shop.slug}/releases/0.1.0/deploy?env=test`);
  await page.getByRole("heading", { name: "Before you deploy" }).waitFor();
  await problem(page, says).waitFor();
  expect(await axeProblems(page)).toEqual([]);
  // Without one of the two there is nothing to take turns with.
  await page.getByRole("checkbox", { name: "Leave out Deploy web" }).click();
  await expectCount(problem(page, says), 0, "the warning");
  await page.getByRole("checkbox", { name: "Leave out Deploy web" }).click();
  await problem(page, says).waitFor();
  await page.getByRole("button", { name: "Deploy", exact: true }).click();
  await page.waitForURL("**/summary");
  const rows = page.getByRole("treegrid", { name: "Steps of the deployment" });
  await rows.getByText("1 of 1 actions at once are running").first().waitFor();
  await hold.open();
  await expectCount(rows.getByRole("row", { name: /Succeeded/ }), 2);
  expect(problems).toEqual([]);
});

test("a parallel step moved to the first place keeps its dependencies, and runs", async () => {
  const shop = await make("Moved shop", [
    { name: "Prepare", after: [], script: "sleep 0.2" },
    { name: "Upload", after: ["prepare"], script: "sleep 0.2" },
    { name: "Check", after: ["prepare"], script: "sleep 0.2" },
  ]);
  const { page, problems } = await openAt(`/projects/${shop.slug}/process`);
  await page.getByRole("button", { name: "Actions of Check" }).click();
  await page.getByRole("menuitem", { name: "Move up" }).click();
  await page.getByRole("row", { name: /^2 Check/ }).focus();
  await page.keyboard.press("Alt+ArrowUp");
  await page.getByRole("row", { name: /^1 Check.*after 2/ }).waitFor();
  await save(page);
  expect((await stored(server, shop.slug)).Steps.map((step) => step.Slug)).toEqual(["check", "prepare", "upload"]);
  expect(await listOf(server, shop.slug, "check")).toEqual(["prepare"]);
  const { n, task } = await shop.deploy();
  await page.goto(`/projects/${shop.slug}/deployments/${n}/summary`);
  await page.getByText("Order respected", { exact: false }).waitFor();
  expect(await states(task)).toEqual({ check: "Succeeded", prepare: "Succeeded", upload: "Succeeded" });
  expect(problems).toEqual([]);
});

test("a move that makes a loop through what waits for all above cannot be saved, and says how it can", async () => {
  const shop = await make("Barrier shop", [
    { name: "Prepare" },
    { name: "Check" },
    { name: "Deploy", after: ["check"] },
  ]);
  const before = await stored(server, shop.slug);
  const { page, problems } = await openAt(`/projects/${shop.slug}/process`);
  await page.getByRole("button", { name: "Actions of Deploy" }).click();
  await page.getByRole("menuitem", { name: "Move up" }).click();
  const loop = problem(page, /(Check → Deploy → Check|Deploy → Check → Deploy) would wait for each other for ever/);
  await loop.waitFor();
  const saving = page.getByRole("button", { name: "Save", exact: true });
  await expectOff(saving);
  const reason = () =>
    saving.evaluate((it) => document.getElementById(it.getAttribute("aria-describedby") ?? "")?.textContent);
  await expect.poll(reason).toContain("would wait for each other for ever");
  expect(await axeProblems(page)).toEqual([]);
  expect(await stored(server, shop.slug)).toEqual(before);
  await loop.getByRole("button", { name: "Let Check no longer wait for Deploy" }).click();
  await expectCount(loop, 0, "the loop");
  await save(page);
  expect(await listOf(server, shop.slug, "check")).toEqual(["prepare"]);
  expect(await listOf(server, shop.slug, "deploy")).toEqual(["check"]);
  expect(problems).toEqual([]);
});

test("without the first step of a parallel set all others run to the end", async () => {
  const shop = await make("Left out shop", [
    { name: "Prepare" },
    { name: "One" },
    { name: "Two", isBeside: true },
    { name: "Three", isBeside: true },
    { name: "After" },
  ]);
  await server.call("POST", `${SPACE}/releases`, { ProjectId: shop.id, Version: "0.1.0" });
  const { page, problems } = await openAt(`/projects/${shop.slug}/releases/0.1.0/deploy?env=test`);
  await page.getByRole("checkbox", { name: "Leave out One" }).click();
  await page.getByText("4 steps on the worker; 1 skipped").waitFor();
  await page.getByRole("button", { name: "Deploy", exact: true }).click();
  await page.waitForURL("**/summary");
  await page.getByRole("link", { name: "Re-deploy" }).waitFor();
  const n = new URL(page.url()).pathname.match(/deployments\/(\d+)/)?.[1];
  const { TaskId } = await server.call<{ TaskId: string }>("GET", `${SPACE}/deployments/Deployments-${n}`);
  await expect.poll(() => stateOfTask(TaskId)).toBe("Success");
  const all = await states(TaskId);
  expect(all).toEqual({
    prepare: "Succeeded",
    one: "Skipped",
    two: "Succeeded",
    three: "Succeeded",
    after: "Succeeded",
  });
  expect(problems).toEqual([]);
});

test("back leads through the rows of the list that were clicked", async () => {
  const shop = await make("Clicked shop", webShop(1));
  const { page, problems } = await openAt(`/projects/${shop.slug}/process`);
  const row = (name: string) => page.getByRole("row", { name: new RegExp(`^\\d+ ${name}`) });
  const chosen = (name: string) => expect.poll(() => row(name).getAttribute("aria-selected")).toBe("true");
  const names = ["Back up database", "Warm cache", "Deploy web"];
  for (const name of names) {
    await row(name).locator("[data-column=runsOn]").click();
    await chosen(name);
  }
  // Walking with the keys leaves no trail.
  await page.keyboard.press("ArrowDown");
  await chosen("Smoke test");
  await expectSearch(page, "step", "smoke-test");
  await page.goBack();
  await chosen("Warm cache");
  await page.goBack();
  await chosen("Back up database");
  await page.goForward();
  await chosen("Warm cache");
  expect(problems).toEqual([]);
});
