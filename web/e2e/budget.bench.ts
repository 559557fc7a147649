/**
 * The portal's budgets on a large data set (docs/portal-checks.md names them): prints each figure beside its budget.
 * A measurement, not a test: nothing here fails because a machine is slow. Run it with `bench/portal`.
 */
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, test } from "vitest";
import { launchBrowser, openPage, signIn } from "./browser.ts";
import { makeEnvironments, makeProject, scriptStep } from "./sample.ts";
import { type Server, startServer } from "./server.ts";

const SPACE = "/api/Spaces-1";
const ROUNDS = 5;

let browser: Browser;
let server: Server;
beforeAll(async () => {
  [browser, server] = await Promise.all([launchBrowser(), startServer()]);
  await makeEnvironments(server, "Test");
});
afterAll(async () => {
  await browser?.close();
  await server?.stop();
});

async function deploy(slug: string): Promise<{ number: string; task: string }> {
  const release = await server.call<{ ReleaseVersion: string }>("POST", `${SPACE}/releases/create/v1`, {
    ProjectName: slug,
  });
  const command = { ProjectName: slug, ReleaseVersion: release.ReleaseVersion, EnvironmentNames: ["Test"] };
  const made = await server.call<{ DeploymentServerTasks: { DeploymentId: string; ServerTaskId: string }[] }>(
    "POST",
    `${SPACE}/deployments/create/untenanted/v1`,
    command,
  );
  const [first] = made.DeploymentServerTasks;
  if (!first) throw new Error("nothing was deployed");
  return { number: first.DeploymentId.replace(/^.*-/, ""), task: first.ServerTaskId };
}

async function over(task: string) {
  for (;;) {
    const { IsCompleted } = await server.call<{ IsCompleted: boolean }>("GET", `/api/tasks/${task}`);
    if (IsCompleted) return;
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
}

/**
 * Milliseconds from going to an address until `ready` is there, the worst of some rounds but the first. Looked for before
 * every frame: a locator that waits looks seldom after the first 300 ms, and would measure its own pauses.
 */
async function usable(page: Page, address: string, ready: Ready): Promise<number> {
  const all: number[] = [];
  for (let round = 0; round <= ROUNDS; round++) {
    await page.goto("about:blank");
    const from = performance.now();
    await page.goto(address, { waitUntil: "commit" });
    await page.waitForFunction(isThere, ready);
    if (round > 0) all.push(performance.now() - from);
  }
  return Math.max(...all);
}

/** So many elements that fit the selector, and have this text alone. */
interface Ready {
  selector: string;
  text?: string;
  count?: number;
}

/** In the page. */
function isThere({ selector, text, count = 1 }: Ready): boolean {
  const all = [...document.querySelectorAll(selector)];
  return all.filter((one) => text === undefined || one.textContent?.trim() === text).length >= count;
}

/** Milliseconds from an input to what it leads to, per keystroke at most. */
async function responds(page: Page, act: () => Promise<unknown>, done: () => Promise<unknown>): Promise<number> {
  await page.evaluate(() => {
    const kept = window as unknown as { slowest: number };
    kept.slowest = 0;
    new PerformanceObserver((list) => {
      for (const entry of list.getEntries()) kept.slowest = Math.max(kept.slowest, entry.duration);
    }).observe({ type: "event", durationThreshold: 16 } as PerformanceObserverInit);
  });
  await act();
  await done();
  await page.waitForTimeout(500);
  return page.evaluate(() => (window as unknown as { slowest: number }).slowest);
}

/** The longest the page was busy without a pause, within so many milliseconds. */
async function longestTask(page: Page, ms: number): Promise<number> {
  await page.evaluate(() => {
    const kept = window as unknown as { longest: number };
    kept.longest = 0;
    new PerformanceObserver((list) => {
      for (const entry of list.getEntries()) kept.longest = Math.max(kept.longest, entry.duration);
    }).observe({ type: "longtask" });
  });
  await page.waitForTimeout(ms);
  return page.evaluate(() => (window as unknown as { longest: number }).longest);
}

function say(what: string, measured: number, budget: number, unit = "ms") {
  const verdict = measured <= budget ? "within" : "over";
  console.log(`${what}: ${measured.toFixed(0)} ${unit}, budget ${budget} ${unit}: ${verdict}`);
}

test("first page", async () => {
  const { page } = await openPage(browser, server);
  await signIn(page);
  const ms = await usable(page, "/projects", { selector: "h1", text: "Projects" });
  say("first page usable", ms, 1_000);
  await page.context().close();
});

test("a process of 200 steps and 600 dependencies", async () => {
  const slug = (n: number) => `step-${n}`;
  // Ten layers of 20; from the second on each step waits for three or four of the layer before.
  const after = (n: number) => {
    const layer = Math.floor(n / 20) * 20;
    const count = n % 3 === 0 ? 4 : 3;
    const picked = Array.from({ length: count }, (_, k) => slug(layer - 20 + ((n + k * 5) % 20)));
    return layer === 0 ? [] : [...new Set(picked)];
  };
  const steps = Array.from({ length: 200 }, (_, n) => scriptStep(`Step ${n}`, after(n), "true"));
  const edges = steps.reduce((sum, _, n) => sum + after(n).length, 0);
  const { Slug: name } = await makeProject(server, "Big process", steps);
  const { page } = await openPage(browser, server);
  await signIn(page);
  const list = await usable(page, `/projects/${name}/process`, { selector: "[role=row] a", text: "Step 3" });
  say(`process list of 200 steps and ${edges} dependencies usable`, list, 500);
  const cards = { selector: "[role=listbox] [role=option]", count: 200 };
  const graph = await usable(page, `/projects/${name}/process?view=graph`, cards);
  say("process graph of the same drawn", graph, 500 + 400);
  await page.goto(`/projects/${name}/process`);
  const filter = page.getByRole("textbox", { name: "Filter steps" });
  await filter.waitFor();
  const typed = await responds(
    page,
    () => filter.pressSequentially("Step 19"),
    () => page.getByRole("row").nth(11).waitFor(),
  );
  say("typing into the filter, slowest response", typed, 100);
  await page.context().close();
});

test("a deployment of 100 steps on 50 targets", async () => {
  const environments = await server.call<{ Id: string }[]>("GET", `${SPACE}/environments/all`);
  for (let n = 0; n < 50; n++) {
    await server.call("POST", `${SPACE}/machines`, {
      Name: `host-${n}`,
      EnvironmentIds: [environments[0]?.Id],
      Roles: ["host"],
      Endpoint: { CommunicationStyle: "None" },
    });
  }
  const onHosts = (n: number) => {
    const step = scriptStep(`Step ${n}`, n < 10 ? [] : [`step-${n - 10}`], "true");
    const [action] = step.Actions as { Properties: Record<string, string> }[];
    if (action) action.Properties["Octopus.Action.RunOnServer"] = "False";
    return { ...step, Properties: { ...step.Properties, "Octopus.Action.TargetRoles": "host" } };
  };
  const { Slug: name } = await makeProject(
    server,
    "Wide",
    Array.from({ length: 100 }, (_, n) => onHosts(n)),
  );
  const run = await deploy(name);
  const { page } = await openPage(browser, server);
  await signIn(page);
  const address = `/projects/${name}/deployments/${run.number}/summary`;
  await page.goto(address);
  await page.getByRole("treegrid").getByRole("row").nth(100).waitFor();
  const longest = await longestTask(page, 10_000);
  say("longest task while 100 steps run on 50 targets", longest, 50);
  await over(run.task);
  const ready = { selector: "[role=treegrid] tr", count: 101 };
  say("deployment page of 100 steps on 50 targets usable", await usable(page, address, ready), 800);
  await page.context().close();
});

test("a log of a million lines", async () => {
  const { Slug: name } = await makeProject(server, "Big log", [scriptStep("Talk", [], "seq 1 1000000")]);
  const run = await deploy(name);
  await over(run.task);
  const { page } = await openPage(browser, server);
  await signIn(page);
  const log = `/projects/${name}/deployments/${run.number}/log`;
  const end = { selector: "[role=log] span", text: "1000000" };
  say("first lines of a log of 1,000,000 lines", await usable(page, log, end), 300);
  const linked = { selector: "[role=log] [data-selected]" };
  say("the same opened at line 731,204 by its link", await usable(page, `${log}#L731204`, linked), 1_000);
  await page.goto(log);
  await page.waitForFunction(isThere, end);
  const box = page.getByRole("log");
  await box.focus();
  const from = performance.now();
  await page.keyboard.press("Control+f");
  await page.keyboard.type("99999");
  await page.getByText(/^1 of \d+$/).waitFor();
  say("search of the whole log, with typing", performance.now() - from, 1_000);
  const heap = await page.evaluate(
    () => (performance as unknown as { memory: { usedJSHeapSize: number } }).memory.usedJSHeapSize,
  );
  say("heap of the page with the log", heap / 1e6, 150, "MB");
  await page.context().close();
});
