/** The list of steps: what marks a row, several steps at once, and moving them. */
import type { Browser, Page } from "playwright-core";
import { expect, test } from "vitest";
import { axeProblems, expectCount, expectFits, openPage, shot, signIn } from "./browser.ts";
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

async function openShop(name: string, steps: ShopStep[], view = {}) {
  const shop = await project(server, name, steps, environment);
  const { page, problems } = await openPage(browser, server, view);
  await signIn(page, undefined, `/projects/${shop.slug}/process`);
  await page.getByRole("treegrid", { name: "List" }).waitFor();
  return { page, problems, shop };
}

const row = (page: Page, name: string) => page.getByRole("row", { name: new RegExp(`^\\d+ ${name}`) });
const pick = (page: Page, name: string) => page.getByRole("checkbox", { name: `Choose ${name}`, exact: true });
const bar = (page: Page) => page.getByRole("toolbar", { name: "Chosen steps" });
const order = (page: Page) =>
  page.getByRole("row").evaluateAll((rows) => rows.flatMap((one) => (one as HTMLElement).dataset.slug ?? []));
const chain: ShopStep[] = ["A", "B", "C", "D", "E"].map((name) => ({ name }));

test("a row says under what conditions its step runs, what it does, and who saved the process", async () => {
  const manual = {
    ActionType: "Octopus.Manual",
    Properties: { "Octopus.Action.Manual.Instructions": "Well?" },
  };
  const { page, problems } = await openShop("Marked shop", [
    { name: "Ask", action: { ...manual, IsRequired: true } },
    { name: "Deploy", action: { Environments: [environment] } },
    { name: "Clean up", condition: "Failure", action: { ExcludedEnvironments: [environment], IsDisabled: true } },
    { name: "Report", condition: "Always" },
  ]);
  await row(page, "Ask").getByText("Manual intervention").waitFor();
  await row(page, "Ask").getByText("required", { exact: true }).waitFor();
  await row(page, "Deploy").getByText("only Test", { exact: true }).waitFor();
  for (const mark of ["disabled", "on failure only", "not Test"])
    await row(page, "Clean up").getByText(mark, { exact: true }).waitFor();
  await row(page, "Report").getByText("runs always", { exact: true }).waitFor();
  await page.getByText(/^saved just now by admin$|^saved \d+m ago by admin$/).waitFor();
  await shot(page, "list-marks");
  expect(await axeProblems(page)).toEqual([]);
  expect(problems).toEqual([]);
});

test("what a step can overlap with is told beside the row one looks at", async () => {
  const { page, problems } = await openShop("Beside shop", webShop(1));
  // The pointer was left where the button was pressed: over a row.
  await page.mouse.move(0, 0);
  await row(page, "Warm cache").focus();
  await row(page, "Warm cache").getByText("can overlap with 2, 3, 5, 6", { exact: true }).waitFor();
  const height = async () => (await row(page, "Deploy API").boundingBox())?.height;
  const before = await height();
  await row(page, "Deploy API").hover();
  await row(page, "Deploy API")
    .getByText(/^can overlap with/)
    .first()
    .waitFor();
  expect(await height()).toBe(before);
  expect(problems).toEqual([]);
});

test("steps chosen together run beside each other, and one undo takes it back", async () => {
  const { page, problems, shop } = await openShop("Together shop", chain);
  await pick(page, "B").click();
  await pick(page, "D").click({ modifiers: ["Shift"] });
  await bar(page).getByText("3 steps chosen").waitFor();
  await shot(page, "list-several");
  expect(await axeProblems(page)).toEqual([]);
  await bar(page).getByRole("button", { name: "Run in parallel…" }).click();
  const dialog = page.getByRole("dialog", { name: "Run in parallel with other steps" });
  expect(await axeProblems(page)).toEqual([]);
  await dialog.getByRole("button", { name: "Apply" }).click();
  await row(page, "D").getByText("after 1", { exact: true }).waitFor();
  await save(page);
  for (const slug of ["b", "c", "d"]) expect(await listOf(server, shop.slug, slug), slug).toEqual(["a"]);
  expect(await listOf(server, shop.slug, "e")).toBe(undefined);
  await bar(page).getByRole("button", { name: "Disable" }).click();
  await expectCount(page.getByRole("row").getByText("disabled", { exact: true }), 3);
  await page.getByRole("button", { name: "Undo" }).first().click();
  await expectCount(page.getByRole("row").getByText("disabled", { exact: true }), 0);
  expect(problems).toEqual([]);
});

test("steps deleted together hand on what they waited for; they come back together", async () => {
  const { page, problems, shop } = await openShop("Deleting several shop", [
    { name: "A", after: [] },
    { name: "B", after: ["a"] },
    { name: "C", after: ["b"] },
    { name: "D", after: ["c"] },
  ]);
  await row(page, "B").focus();
  await page.keyboard.press("x");
  await page.keyboard.press("j");
  await page.keyboard.press("x");
  await bar(page).getByRole("button", { name: "Delete" }).click();
  await page.getByText("2 steps were deleted.").waitFor();
  await expectCount(bar(page), 0, "nothing is chosen any more");
  await row(page, "D").getByText("after 1", { exact: true }).waitFor();
  await page.getByRole("button", { name: "Undo" }).first().click();
  await row(page, "D").getByText("after 3", { exact: true }).waitFor();
  await page.getByRole("button", { name: "Redo" }).click();
  await save(page);
  expect(await listOf(server, shop.slug, "d")).toEqual(["a"]);
  expect(problems).toEqual([]);
});

test("a dependency is added to several steps; what one of them cannot wait for says why", async () => {
  const { page, problems, shop } = await openShop("Waiting shop", [
    { name: "A", after: [] },
    { name: "B", after: [] },
    { name: "C", after: ["a"] },
    { name: "D", after: ["c"] },
  ]);
  await pick(page, "A").click();
  await pick(page, "C").click();
  await bar(page).getByRole("button", { name: "Add dependency…" }).click();
  const dialog = page.getByRole("dialog", { name: "Add a dependency" });
  await dialog.getByText(/^4 D: /).waitFor();
  await dialog.getByRole("combobox", { name: "Steps that must complete" }).click();
  await page.getByRole("option", { name: "2 B" }).click();
  await dialog.getByRole("button", { name: "Apply" }).click();
  await expectCount(dialog, 0, "the dialog");
  await save(page);
  expect(await listOf(server, shop.slug, "a")).toEqual(["b"]);
  expect(await listOf(server, shop.slug, "c")).toEqual(["a", "b"]);
  expect(problems).toEqual([]);
});

test("a step is moved by dragging it, and by saying where to", async () => {
  const { page, problems, shop } = await openShop("Dragged shop", chain);
  await row(page, "E").hover();
  const grip = await row(page, "E").getByTitle("Drag to move").boundingBox();
  const to = await row(page, "B").boundingBox();
  if (!grip || !to) throw new Error("the rows are shown");
  await page.mouse.move(grip.x + grip.width / 2, grip.y + grip.height / 2);
  await page.mouse.down();
  await page.mouse.move(to.x + 200, to.y + to.height / 4, { steps: 6 });
  await expect.poll(() => row(page, "B").getAttribute("data-drop")).toBe("before");
  await page.mouse.up();
  await expect.poll(() => order(page)).toEqual(["a", "e", "b", "c", "d"]);
  await page.getByRole("button", { name: "Actions of A" }).click();
  await page.getByRole("menuitem", { name: "Move to…" }).click();
  const dialog = page.getByRole("dialog", { name: "Move A" });
  await dialog.getByRole("combobox", { name: "Its new place" }).click();
  await page.getByRole("option", { name: "After 4 C" }).click();
  await dialog.getByRole("button", { name: "Apply" }).click();
  await expect.poll(() => order(page)).toEqual(["e", "b", "c", "a", "d"]);
  await save(page);
  expect((await stored(server, shop.slug)).Steps.map((step) => step.Slug)).toEqual(["e", "b", "c", "a", "d"]);
  expect(problems).toEqual([]);
});

test("on a phone steps are chosen by touch, and the bar for them is in reach", async () => {
  const phone = { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true };
  const { page, problems } = await openShop("Touched shop", webShop(1), phone);
  await pick(page, "Warm cache").tap();
  await bar(page).getByText("1 step chosen").waitFor();
  await expectFits(page);
  await shot(page, "list-several-390");
  await bar(page).getByRole("button", { name: "Duplicate" }).tap();
  await row(page, "Warm cache copy").waitFor();
  expect(await axeProblems(page)).toEqual([]);
  expect(problems).toEqual([]);
});
