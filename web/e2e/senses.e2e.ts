/** For those who want less movement, see only the colours they chose, or hear the page: what then is left of a run. */
import type { Browser, Page } from "playwright-core";
import { expect, test } from "vitest";
import { axeProblems, expectCount, openPage, signIn } from "./browser.ts";
import type { Server } from "./server.ts";
import { approval, gate, project, targets, webShop } from "./webshop.ts";
import { inWorld } from "./world.ts";

let browser: Browser;
let server: Server;
let environment: string;
inWorld(async (world) => {
  ({ browser, server } = world);
  environment = await targets(server);
});

/** What moves on the page now, but what is about to end. */
const moving = (page: Page) =>
  page.evaluate(
    () =>
      document
        .getAnimations()
        .filter((one) => one.playState === "running")
        .map((one) => {
          const target = (one.effect as KeyframeEffect | null)?.target;
          return target?.className.toString() ?? "";
        }).length,
  );

test("with less movement nothing moves by itself, on any view of a run", async () => {
  const lanes = gate(server);
  const shop = await project(server, "Calm shop", webShop(100, lanes), environment);
  const { n } = await shop.deploy();
  const still = await openPage(browser, server, { reducedMotion: "reduce" });
  const lively = await openPage(browser, server, { reducedMotion: "no-preference" });
  for (const { page } of [still, lively]) {
    await signIn(page, undefined, `/projects/${shop.slug}/deployments/${n}/summary`);
    await page.getByText("3 running").first().waitFor();
  }
  // Else what runs is seen to run: the test looks at something.
  await expect.poll(() => moving(lively.page)).toBeGreaterThan(0);
  for (const view of ["summary", "graph", "timeline", "log"]) {
    await still.page.goto(`/projects/${shop.slug}/deployments/${n}/${view}`);
    await still.page.getByText("3 running").first().waitFor();
    await expect.poll(() => moving(still.page), { message: view }).toBe(0);
  }
  await still.page.goto("/");
  await still.page.getByRole("row").filter({ hasText: "Calm shop" }).getByText("%").waitFor();
  await expect.poll(() => moving(still.page), { message: "dashboard" }).toBe(0);
  await lanes.open();
  expect([...still.problems, ...lively.problems]).toEqual([]);
});

/** The picture of each as a text; equal pictures are equal texts. Drawn in a page of its own, which has no policy. */
async function pictures(page: Page, all: ReturnType<Page["locator"]>): Promise<string[]> {
  const blank = await page.context().newPage();
  const found: string[] = [];
  for (const one of await all.all()) {
    const png = (await one.screenshot()).toString("base64");
    const drawn = blank.evaluate(async (bytes) => {
      const image = new Image();
      image.src = `data:image/png;base64,${bytes}`;
      await image.decode();
      const canvas = document.createElement("canvas");
      [canvas.width, canvas.height] = [16, 8];
      const context = canvas.getContext("2d", { willReadFrequently: true });
      context?.drawImage(image, 0, 0, 16, 8);
      return [...(context?.getImageData(0, 0, 16, 8).data ?? [])].join();
    }, png);
    found.push(await drawn);
  }
  await blank.close();
  return found;
}

test("in forced colours states differ by shape, and the bars of the timeline are seen", async () => {
  const steps = webShop(100);
  steps[2] = { name: "Approve assets", after: ["back-up-database"], action: approval };
  steps[3] = { name: "Warm cache", after: ["back-up-database"], script: "exit 3" };
  steps[5] = { name: "Deploy web", on: "web", after: ["migrate-database", "approve-assets"], script: "echo ok" };
  const shop = await project(server, "Forced shop", steps, environment);
  const { n } = await shop.deploy();
  const { page, problems } = await openPage(browser, server, { forcedColors: "active" });
  await signIn(page, undefined, `/projects/${shop.slug}/deployments/${n}/summary`);
  await page.getByRole("article", { name: "Approve assets waits for a person" }).waitFor();
  const rows = page.getByRole("treegrid");
  await rows.getByText("Failed").first().waitFor();
  await expect.poll(() => rows.locator("[data-state=succeeded] svg").count()).toBeGreaterThan(1);
  const shapes = () =>
    rows
      .locator("span[data-state]:has(> svg)")
      .evaluateAll((all) =>
        all.map((one) => [one.getAttribute("data-state") ?? "", one.querySelector("svg")?.innerHTML ?? ""] as const),
      );
  const byState = new Map(await shapes());
  expect([...byState.keys()]).toEqual(expect.arrayContaining(["succeeded", "failed", "person", "waiting"]));
  expect(new Set(byState.values()).size).toBe(byState.size);
  expect(await axeProblems(page)).toEqual([]);
  await page.goto(`/projects/${shop.slug}/deployments/${n}/timeline`);
  const swatches = page.getByRole("figure").locator("ul i");
  await expect.poll(() => swatches.count()).toBeGreaterThan(3);
  const seen = await pictures(page, swatches);
  expect(new Set(seen).size).toBe(seen.length);
  const bar = page.locator("figure [data-step=back-up-database][data-look=ran]").first();
  const color = () => bar.evaluate((one) => getComputedStyle(one).backgroundColor);
  const page_ = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
  expect(await color()).not.toBe(await page_());
  expect(problems).toEqual([]);
});

/** Keeps what the regions that are read out say. */
async function listen(page: Page) {
  await page.addInitScript(() => {
    const heard: { role: string; text: string }[] = [];
    Object.assign(window, { heard });
    const last = new Map<string, string>();
    const look = () => {
      for (const role of ["status", "alert"]) {
        const region = document.querySelector(`.visually-hidden > [role=${role}]`);
        const text = region?.textContent ?? "";
        if (text !== "" && text !== last.get(role)) heard.push({ role, text });
        last.set(role, text);
      }
    };
    new MutationObserver(look).observe(document, { subtree: true, childList: true, characterData: true });
  });
}

test("a run is told aloud, what needs a person and its end above all, and the log not at all", async () => {
  const hold = gate(server);
  const steps = webShop(300, hold);
  steps[6] = { name: "Approve", action: approval };
  const shop = await project(server, "Told shop", steps, environment);
  const { page, problems } = await openPage(browser, server);
  await listen(page);
  const { n } = await shop.deploy();
  await signIn(page, undefined, `/projects/${shop.slug}/deployments/${n}/summary`);
  type Heard = { role: string; text: string }[];
  const heard = () => page.evaluate(() => (window as unknown as { heard: Heard }).heard);
  await page.getByText("3 running").first().waitFor();
  await hold.open();
  const card = page.getByRole("article", { name: "Approve waits for a person" });
  await card.waitFor();
  const urgent = async () => (await heard()).filter((one) => one.role === "alert").map((one) => one.text);
  await expect.poll(urgent).toContainEqual(expect.stringContaining("Approve needs a person."));
  await card.getByRole("radio", { name: "Proceed" }).check();
  await card.getByRole("button", { name: "Proceed", exact: true }).click();
  await expect.poll(urgent).toContainEqual(expect.stringContaining("The deployment is over: Succeeded."));
  const calm = (await heard()).filter((one) => one.role === "status").map((one) => one.text);
  expect(calm.join(" ")).toMatch(/steps? finished: /);
  await page.goto(`/projects/${shop.slug}/deployments/${n}/log`);
  await expect.poll(() => page.getByRole("log").getAttribute("aria-live")).toBe("off");
  await expectCount(page.locator("[role=log] [aria-live]:not([aria-live=off])"), 0);
  expect(problems).toEqual([]);
});
