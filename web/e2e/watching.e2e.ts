/** Watching while things go wrong: a cut wire, a killed server, many tabs, a talkative script, and the way back. */
import type { Browser, Locator, Page } from "playwright-core";
import { expect, onTestFinished, test } from "vitest";
import { expectFocus, expectSearch, openPage, signIn } from "./browser.ts";
import type { Server } from "./server.ts";
import { gate, project, targets, webShop } from "./webshop.ts";
import { wireTo } from "./wire.ts";
import { inWorld } from "./world.ts";

let browser: Browser;
let server: Server;
let environment: string;
inWorld(async (world) => {
  ({ browser, server } = world);
  environment = await targets(server);
});

const CUT_MS = 30_000;
const dot = (page: Page, state: string) => page.locator(`[role=status][data-state=${state}]`).waitFor();
const isOver = async (task: string) =>
  (await server.call<{ IsCompleted: boolean }>("GET", `/api/tasks/${task}`)).IsCompleted;

/** The texts of a log from its first line to its last, as somebody reads them who scrolls through it. */
async function readThrough(page: Page, log: Locator): Promise<string[]> {
  const rows = () =>
    log.locator("[data-index]").evaluateAll((all) =>
      all.map((row) => {
        const line = row.firstElementChild;
        return {
          number: Number(line?.querySelector("a")?.textContent),
          text: line?.lastElementChild?.textContent ?? "",
        };
      }),
    );
  // What is read when one comes near the start pushes the rest down.
  const atStart = async () => {
    await log.evaluate((box) => box.scrollTo(0, 0));
    return log.getByRole("link", { name: "Line 1", exact: true }).count();
  };
  await expect.poll(atStart).toBe(1);
  const read = new Map<number, string>();
  for (;;) {
    for (const { number, text } of await rows()) read.set(number, text);
    const isEnd = await log.evaluate((box) => box.scrollTop + box.clientHeight >= box.scrollHeight - 2);
    if (isEnd) break;
    await log.evaluate((box) => box.scrollBy(0, box.clientHeight / 2));
    // Until what was scrolled to is drawn.
    await page.waitForFunction(() => {
      const bottom = document.querySelector("[role=log]")?.getBoundingClientRect().bottom ?? 0;
      const last = [...document.querySelectorAll("[role=log] [data-index]")].at(-1);
      return (last?.getBoundingClientRect().bottom ?? 0) >= bottom - 24;
    });
  }
  // Every line once, and none left out.
  const numbers = [...read.keys()].sort((a, b) => a - b);
  expect(numbers).toEqual(numbers.map((_, at) => at + 1));
  return numbers.map((number) => read.get(number) ?? "");
}

const counted = (word: string, lines: string[]) => lines.filter((line) => line.startsWith(`${word} `));
const upTo = (word: string, n: number) => Array.from({ length: n }, (_, at) => `${word} ${at + 1}`);

test("a wire cut for half a minute: noticed, and afterwards nothing is missing, doubled or moved", async () => {
  const wire = await wireTo(server);
  onTestFinished(() => wire.close());
  const hold = gate(server);
  const script = `seq -f 'before %.0f' 1 700; until [ -e '${hold.file}' ]; do sleep 0.05; done; seq -f 'after %.0f' 1 300`;
  const shop = await project(server, "Cut shop", [{ name: "Talk", script }, { name: "Then" }], environment);
  const { n, task } = await shop.deploy();
  const { page, problems } = await openPage(browser, wire.server);
  await signIn(page, undefined, `/projects/${shop.slug}/deployments/${n}/log`);
  const log = page.getByRole("log", { name: "Task log" });
  await log.getByText("before 700").waitFor();
  await dot(page, "live");
  // Somebody reads in the middle; scrolling up stops following.
  await log.hover();
  await page.mouse.wheel(0, -1_000);
  await expect.poll(() => page.getByRole("checkbox", { name: "Follow" }).isChecked()).toBe(false);
  const place = () =>
    log.evaluate((box) => {
      const top = box.getBoundingClientRect().top;
      const row = [...box.querySelectorAll("[data-index]")].find((one) => one.getBoundingClientRect().top >= top);
      return [row?.querySelector("a")?.textContent, Math.round((row?.getBoundingClientRect().top ?? 0) - top)];
    });
  const before = await place();
  wire.cut();
  const cutAt = Date.now();
  await dot(page, "lost");
  await hold.open();
  await expect.poll(() => isOver(task)).toBe(true);
  await page.getByText("Running", { exact: true }).first().waitFor();
  await page.waitForTimeout(Math.max(0, CUT_MS - (Date.now() - cutAt)));
  wire.mend();
  await page.getByText("Reconnected. 2 steps finished while you were offline.").waitFor();
  await dot(page, "live");
  await page.getByText("Succeeded", { exact: true }).first().waitFor();
  expect(await place()).toEqual(before);
  await expect.poll(async () => counted("after", await readThrough(page, log)).length).toBe(300);
  const lines = await readThrough(page, log);
  expect([counted("before", lines), counted("after", lines)]).toEqual([upTo("before", 700), upTo("after", 300)]);
  expect(problems).toEqual([]);
});

test("a server killed while one watches: the page goes on by itself, the log is whole, the draft is there", async () => {
  const hold = gate(server);
  const script = `seq -f 'before %.0f' 1 200; until [ -e '${hold.file}' ]; do sleep 0.05; done; seq -f 'after %.0f' 1 200`;
  const shop = await project(server, "Killed shop", [{ name: "Talk", script }, { name: "Then" }], environment);
  const { n } = await shop.deploy();
  const { page, problems } = await openPage(browser, server);
  await signIn(page, undefined, `/projects/${shop.slug}/process/steps/then`);
  await page.getByLabel("Name", { exact: true }).fill("Then at last");
  const other = await page.context().newPage();
  other.on("pageerror", (error) => problems.push(`error: ${error.message}`));
  await other.goto(`/projects/${shop.slug}/deployments/${n}/log`);
  const log = other.getByRole("log", { name: "Task log" });
  await log.getByText("before 200").waitFor();
  const mark = (one: Page) => one.evaluate(() => document.body.setAttribute("data-mark", "same page"));
  await Promise.all([mark(page), mark(other), dot(page, "live"), dot(other, "live")]);
  await server.kill();
  await Promise.all([dot(page, "lost"), dot(other, "lost")]);
  await server.restart();
  await Promise.all([dot(page, "live"), dot(other, "live")]);
  await hold.open();
  await other.getByText("Succeeded", { exact: true }).first().waitFor();
  await expect.poll(async () => counted("after", await readThrough(other, log)).length).toBe(200);
  const lines = await readThrough(other, log);
  expect([counted("before", lines), counted("after", lines)]).toEqual([upTo("before", 200), upTo("after", 200)]);
  await page.getByRole("heading", { name: "Step settings: Then at last" }).waitFor();
  await page.getByRole("button", { name: "Review changes (1)" }).waitFor();
  for (const one of [page, other]) expect(await one.locator("body[data-mark]").count()).toBe(1);
  expect(problems).toEqual([]);
});

test("ten tabs that watch hold one connection between them, and all of them are live", async () => {
  const lanes = gate(server);
  const shop = await project(server, "Tabs shop", webShop(100, lanes), environment);
  const { n } = await shop.deploy();
  const { page, problems } = await openPage(browser, server);
  const open = new Set<unknown>();
  const context = page.context();
  context.on("request", (request) => open.add(request));
  for (const event of ["requestfinished", "requestfailed"] as const) {
    context.on(event as "requestfinished", (request) => open.delete(request));
  }
  await signIn(page, undefined, `/projects/${shop.slug}/deployments/${n}/summary`);
  const tabs = [page];
  while (tabs.length < 10) {
    const tab = await context.newPage();
    tab.on("pageerror", (error) => problems.push(`error: ${error.message}`));
    await tab.goto(`/projects/${shop.slug}/deployments/${n}/summary`);
    tabs.push(tab);
  }
  await Promise.all(tabs.map((tab) => dot(tab, "live")));
  await Promise.all(tabs.map((tab) => tab.getByText("3 running").first().waitFor()));
  // Nothing of it is HTTP/2, where connections would be no matter.
  const protocol = () =>
    performance.getEntriesByType("navigation").map((one) => (one as PerformanceNavigationTiming).nextHopProtocol);
  expect(await page.evaluate(protocol)).toEqual(["http/1.1"]);
  await lanes.open();
  await Promise.all(tabs.map((tab) => tab.getByText("Order respected: 12 of 12 dependencies.").waitFor()));
  await expect.poll(() => open.size).toBe(1);
  expect(problems).toEqual([]);
});

test("back and forward lead through ten selections", async () => {
  const shop = await project(server, "Back shop", webShop(20), environment);
  const { n, task } = await shop.deploy();
  await expect.poll(() => isOver(task)).toBe(true);
  const { page, problems } = await openPage(browser, server);
  await signIn(page, undefined, `/projects/${shop.slug}/deployments/${n}/timeline`);
  const figure = page.getByRole("figure", { name: "Timeline of the deployment" });
  const names = ["Back up database", "Migrate database", "Upload assets", "Warm cache", "Deploy API"];
  const inTimeline = async (name: string) => {
    await figure.getByRole("status").getByText(name).waitFor();
    await figure.getByRole("button", { name, pressed: true }).waitFor();
  };
  for (const name of names) {
    await figure.getByRole("button", { name }).click();
    await inTimeline(name);
  }
  await page.getByRole("navigation", { name: "Views of the deployment" }).getByRole("link", { name: "Graph" }).click();
  const graph = page.getByRole("listbox", { name: "Graph of the deployment" });
  // Those that wait for it name it as well.
  const card = (name: string) => new RegExp(`^(\\d+ ?)?${name}`);
  const inGraph = (name: string) => graph.getByRole("option", { name: card(name), selected: true }).waitFor();
  for (const name of names) {
    await graph.getByRole("option", { name: card(name) }).click();
    await inGraph(name);
  }
  for (const name of names.toReversed().slice(1)) {
    await page.goBack();
    await inGraph(name);
  }
  await page.goBack();
  await expect.poll(() => graph.getByRole("option", { selected: true }).count()).toBe(0);
  for (const name of names.toReversed()) {
    await page.goBack();
    await inTimeline(name);
  }
  for (const name of names.slice(1)) {
    await page.goForward();
    await inTimeline(name);
  }
  await page.goForward();
  for (const name of names) {
    await page.goForward();
    await inGraph(name);
  }
  // Walking with the keys leaves no trail: back from there is the selection before the walk.
  await graph.getByRole("option", { name: card("Deploy API") }).press("ArrowRight");
  await expectFocus(page, "Smoke test");
  await expectSearch(page, "step", "smoke-test");
  await page.goBack();
  await inGraph("Warm cache");
  expect(problems).toEqual([]);
});

test("hours of watching a talkative script leave no more behind than its last lines", async () => {
  const hold = gate(server);
  const script = `seq -f 'said %.0f' 15000; until [ -e '${hold.file}' ]; do sleep 0.05; done; seq -f 'said %.0f' 15001 120000`;
  const shop = await project(server, "Talkative shop", [{ name: "Talk", script }], environment);
  const { n } = await shop.deploy();
  const { page, problems } = await openPage(browser, server);
  await signIn(page, undefined, `/projects/${shop.slug}/deployments/${n}/log`);
  const log = page.getByRole("log", { name: "Task log" });
  await log.getByText("said 15000").waitFor();
  const protocol = await page.context().newCDPSession(page);
  const measured = async () => {
    await protocol.send("HeapProfiler.collectGarbage");
    const { usedSize } = await protocol.send("Runtime.getHeapUsage");
    const { nodes } = await protocol.send("Memory.getDOMCounters");
    return { heap_mb: usedSize / 1_048_576, nodes };
  };
  const early = await measured();
  await hold.open();
  await log.getByText("said 120000").waitFor();
  await page.getByText("Succeeded", { exact: true }).first().waitFor();
  await expect.poll(() => log.locator("[data-index]").count()).toBeLessThan(120);
  const late = await measured();
  expect(late.heap_mb - early.heap_mb).toBeLessThan(20);
  expect(late.nodes).toBeLessThan(early.nodes + 2_000);
  expect(problems).toEqual([]);
});
