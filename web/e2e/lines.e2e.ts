/** The lines of the graph, and large graphs: choosing, cutting and filling lines, folding, focus, the map, sizes. */
import type { Browser, Page } from "playwright-core";
import { expect, test } from "vitest";
import { axeProblems, expectCount, openPage, shot, signIn } from "./browser.ts";
import { listOf, save, stored } from "./process.ts";
import type { Server } from "./server.ts";
import { project, type ShopStep, targets, webShop } from "./webshop.ts";
import { inWorld } from "./world.ts";

let browser: Browser;
let server: Server;
let environment: string;
inWorld(async (world) => {
  ({ browser, server } = world);
  environment = await targets(server);
});

async function openGraph(name: string, steps: ShopStep[], view = "graph") {
  const shop = await project(server, name, steps, environment);
  const { page, problems } = await openPage(browser, server);
  await signIn(page, undefined, `/projects/${shop.slug}/process?view=${view}`);
  await page.getByRole("listbox", { name: "Steps and what they wait for" }).waitFor();
  return { page, problems, shop };
}

const card = (page: Page, name: string) => page.getByRole("option", { name: new RegExp(`^${name},`) });
const line = (page: Page, step: string, on: string) =>
  page.getByRole("option", { name: new RegExp(`^${step} waits for ${on}(,|$)`) });
const hasFocus = (page: Page, name: RegExp) =>
  expect.poll(() => page.evaluate(() => document.activeElement?.getAttribute("aria-label"))).toMatch(name);

/** On the line itself, where no other one lies over it. */
async function choose(page: Page, step: string, on: string) {
  const place = await line(page, step, on).evaluate((own) => {
    const path = own.querySelector("path") as SVGPathElement;
    const matrix = path.getScreenCTM();
    for (const part of [0.5, 0.4, 0.6, 0.3, 0.7, 0.2, 0.8]) {
      const { x, y } = path.getPointAtLength(path.getTotalLength() * part).matrixTransform(matrix ?? undefined);
      if (own.contains(document.elementFromPoint(x, y))) return { x, y };
    }
    return undefined;
  });
  if (!place) throw new Error("the line can be hit");
  await page.mouse.click(place.x, place.y);
}

test("a line is chosen and deleted, by mouse and by keys", async () => {
  const { page, problems, shop } = await openGraph("Cut shop", webShop(1));
  await choose(page, "Deploy web", "Upload assets");
  await expect.poll(() => line(page, "Deploy web", "Upload assets").getAttribute("aria-selected")).toBe("true");
  await shot(page, "graph-line");
  expect(await axeProblems(page)).toEqual([]);
  await page.getByRole("button", { name: "Let Deploy web no longer wait for Upload assets" }).click();
  await page.getByText("Deploy web no longer waits for Upload assets.").waitFor();
  await expectCount(line(page, "Deploy web", "Upload assets"), 0, "the line");
  // By keys: from a card to its lines, along them, and back to a card.
  await card(page, "Migrate database").focus();
  await page.keyboard.press("Shift+ArrowRight");
  await hasFocus(page, /^Deploy API waits for Migrate database/);
  await page.keyboard.press("ArrowDown");
  await hasFocus(page, /^Deploy web waits for Migrate database/);
  await page.keyboard.press("ArrowLeft");
  await hasFocus(page, /^Migrate database,/);
  await page.keyboard.press("Shift+ArrowRight");
  await page.keyboard.press("Delete");
  await expectCount(line(page, "Deploy API", "Migrate database"), 0, "the line");
  // One tab stop, whatever is chosen.
  await expectCount(page.locator("[role=listbox] [tabindex='0']"), 1, "tab stops");
  await save(page);
  expect(await listOf(server, shop.slug, "deploy-web")).toEqual(["migrate-database"]);
  expect(await listOf(server, shop.slug, "deploy-api")).toEqual([]);
  expect(problems).toEqual([]);
});

test("a line that comes from the order of the list says why it stays, and offers to choose dependencies", async () => {
  const { page, problems, shop } = await openGraph("Implied shop", [
    { name: "A", after: [] },
    { name: "B", after: [] },
    { name: "C" },
  ]);
  await choose(page, "C", "B");
  await page.keyboard.press("Delete");
  await page.getByText("C runs after previous steps: it waits for every step above it, so B alone").waitFor();
  expect(await axeProblems(page)).toEqual([]);
  await page.getByRole("button", { name: "Choose dependencies instead" }).click();
  await page.getByRole("option", { name: /^C, step 3 of 3, parallel/ }).waitFor();
  await choose(page, "C", "B");
  await page.keyboard.press("Delete");
  await expectCount(line(page, "C", "B"), 0, "the line");
  await save(page);
  expect(await listOf(server, shop.slug, "c")).toEqual(["a"]);
  expect(problems).toEqual([]);
});

test("a step put on a line waits for its start, and its end waits for the step", async () => {
  const { page, problems, shop } = await openGraph("Inserted shop", webShop(1));
  await choose(page, "Deploy API", "Migrate database");
  await page.getByRole("button", { name: "Put a step between Migrate database and Deploy API" }).click();
  await page.getByText("Between Migrate database and Deploy API").waitFor();
  await page.getByRole("textbox", { name: "Name" }).fill("Check");
  await page.getByRole("button", { name: "Add to the process" }).click();
  await page.getByRole("heading", { name: "Step settings: Check" }).waitFor();
  await save(page);
  expect(await listOf(server, shop.slug, "check")).toEqual(["migrate-database"]);
  expect(await listOf(server, shop.slug, "deploy-api")).toEqual(["check"]);
  expect((await stored(server, shop.slug)).Steps.map((step) => step.Slug).indexOf("check")).toBe(4);
  expect(problems).toEqual([]);
});

/** One, then many beside each other and a long chain, then one for all of them. */
const large = (beside: number, inRow: number): ShopStep[] => [
  { name: "Begin", after: [] },
  ...Array.from({ length: beside }, (_, n) => ({ name: `Shard ${n + 1}`, after: ["begin"] })),
  ...Array.from({ length: inRow }, (_, n) => ({ name: `Row ${n + 1}`, after: [n === 0 ? "begin" : `row-${n}`] })),
  { name: "End" },
];

test("chains and equal steps are folded, opened by a click or a key, and folded again", async () => {
  const { page, problems } = await openGraph("Folded shop", large(24, 6));
  const stack = page.getByRole("option", { name: /^Shard 1 … Shard 24, 24 steps beside each other/ });
  const row = page.getByRole("option", { name: /^Row 1 … Row 6, 6 steps, one after the other/ });
  await stack.waitFor();
  await expectCount(page.locator("[data-card]"), 4, "cards");
  await shot(page, "graph-folded");
  expect(await axeProblems(page)).toEqual([]);
  await row.click();
  await card(page, "Row 4").waitFor();
  await expectCount(page.locator("[data-card]"), 9, "cards");
  await stack.focus();
  await page.keyboard.press("Enter");
  await card(page, "Shard 24").waitFor();
  await page.getByRole("button", { name: "Fold", exact: true }).click();
  await stack.waitFor();
  // What is chosen elsewhere is shown.
  await page.getByRole("tab", { name: "Split" }).click();
  await page.getByRole("row", { name: /^\d+ Shard 7/ }).focus();
  await card(page, "Shard 7").waitFor();
  expect(problems).toEqual([]);
});

test("focus leaves what comes before and after a step", async () => {
  const { page, problems } = await openGraph("Focused shop", webShop(1));
  await card(page, "Upload assets").click();
  await page.keyboard.press("f");
  await page.getByRole("button", { name: "Only what belongs to Upload assets" }).waitFor();
  await expectCount(page.locator("[data-card]"), 4, "cards");
  await expectCount(card(page, "Warm cache"), 0);
  await card(page, "Deploy web").focus();
  await page.keyboard.press("f");
  await card(page, "Warm cache").waitFor();
  expect(problems).toEqual([]);
});

test("a graph of many cards has a map that leads through it", async () => {
  const steps = Array.from({ length: 50 }, (_, n) => ({
    name: `S${n}`,
    after: n < 5 ? [] : [`s${n - 5}`, ...(n % 5 > 0 ? [`s${n - 6}`] : [])],
  }));
  const { page, problems } = await openGraph("Mapped shop", steps);
  const map = page.locator("[data-map]");
  await map.waitFor();
  const scrolled = () => page.locator("[role=listbox]").evaluate((it) => it.getBoundingClientRect().x);
  const before = await scrolled();
  const box = await map.boundingBox();
  if (!box) throw new Error("the map is shown");
  await page.mouse.click(box.x + box.width - 5, box.y + box.height / 2);
  await expect.poll(scrolled).toBeLessThan(before - 200);
  await shot(page, "graph-map");
  expect(await axeProblems(page)).toEqual([]);
  expect(problems).toEqual([]);
});

test("beside the list no letters are below 12 px, and what is chosen is in view", async () => {
  const { page, problems } = await openGraph("Legible shop", webShop(1), "split&step=smoke-test");
  const small = () =>
    page.locator("[data-card]").evaluateAll((cards) =>
      cards.flatMap((one) =>
        [...one.querySelectorAll<HTMLElement>("span")]
          .filter((text) => text.checkVisibility() && (text.textContent !== "" || text.dataset.before))
          .map(
            (text) =>
              Number.parseFloat(getComputedStyle(text).fontSize) *
              (text.getBoundingClientRect().height / Math.max(1, text.offsetHeight)),
          )
          .filter((px) => px < 11.99),
      ),
    );
  await card(page, "Smoke test").waitFor();
  const isInView = () =>
    card(page, "Smoke test").evaluate((it) => {
      const [own, frame] = [
        it.getBoundingClientRect(),
        it.closest("[role=listbox]")?.parentElement?.parentElement?.parentElement?.getBoundingClientRect(),
      ];
      return frame !== undefined && own.left >= frame.left && own.right <= frame.right;
    });
  await expect.poll(isInView).toBe(true);
  expect(await small()).toEqual([]);
  await shot(page, "graph-split");
  // Smaller by choice: the names stay.
  for (let n = 0; n < 4; n++) await page.getByRole("button", { name: "Smaller" }).click();
  expect(await small()).toEqual([]);
  expect(problems).toEqual([]);
});
