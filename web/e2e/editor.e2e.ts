/** The process editor: one draft across its views, two people at once, and those who may only look. */
import type { Browser, Page } from "playwright-core";
import { afterEach, expect, test } from "vitest";
import { axeProblems, expectCount, expectOff, openPage, shot, signIn } from "./browser.ts";
import { PATIENCE_MS } from "./patience.ts";
import { makeViewer, viewer } from "./sample.ts";
import { admin, type Server, seed } from "./server.ts";
import { inWorld } from "./world.ts";

interface StoredProcess {
  Version: number;
  Steps: { Slug: string; Name: string; StartTrigger: string; Condition: string; Properties: Record<string, string> }[];
}

const path = "/api/Spaces-1/projects/web-shop/deploymentprocesses";
let browser: Browser;
let server: Server;
let seeded: StoredProcess;
const stored = () => server.call<StoredProcess>("GET", path);
const step = async (slug: string) => (await stored()).Steps.find((known) => known.Slug === slug);

inWorld(async (world) => {
  ({ browser, server } = world);
  await seed(server);
  await makeViewer(server);
  seeded = await stored();
});
afterEach(async () => {
  const { Version } = await stored();
  seeded = await server.call("PUT", path, { ...seeded, Version });
});

async function openAt(address: string) {
  const opened = await openPage(browser, server);
  await signIn(opened.page, admin, address);
  await opened.page.getByRole("heading", { level: 1 }).waitFor();
  return opened;
}

const isOff = (page: Page, name: string) => expectOff(page.getByRole("button", { name, exact: true }), name);

/** The draft as the browser keeps it for the next visit; it is written a moment after the edit. */
function kept(page: Page): Promise<string> {
  return page.evaluate(
    () =>
      new Promise<string>((resolve, reject) => {
        const opening = indexedDB.open("regatta", 1);
        opening.onerror = () => reject(opening.error);
        opening.onsuccess = () => {
          const reading = opening.result.transaction("process-drafts").objectStore("process-drafts").getAll();
          reading.onerror = () => reject(reading.error);
          reading.onsuccess = () => {
            opening.result.close();
            resolve(JSON.stringify(reading.result));
          };
        };
      }),
  );
}

/** What somebody else saves meanwhile, from the API. */
async function meanwhile(edit: (steps: StoredProcess["Steps"]) => void) {
  const process = await stored();
  edit(process.Steps);
  await server.call("PUT", path, process);
}

const save = (page: Page) => page.getByRole("button", { name: "Save", exact: true }).click();
const saved = (page: Page) =>
  page
    .getByRole("status")
    .getByText(/^Saved · version \d+$/)
    .waitFor();
const depends = async (slug: string) => (await step(slug))?.Properties["Regatta.Step.DependsOn"];

test("undo and redo reach across list, graph and settings", async () => {
  const { page, problems } = await openAt("/projects/web-shop/process/steps/deploy-web");
  await page.getByRole("button", { name: "Remove Upload assets" }).click();
  await page.getByRole("radio", { name: "Always: once they have finished" }).click();
  await page.getByRole("link", { name: "Process", exact: true }).first().click();
  await page
    .getByRole("row", { name: /Deploy web/ })
    .getByText("after 2", { exact: true })
    .waitFor();
  await page.getByRole("button", { name: "Actions of Warm cache" }).click();
  await page.getByRole("menuitem", { name: "Delete" }).click();
  await page
    .getByRole("button", { name: "Review changes (4)" })
    .or(page.getByRole("button", { name: "Review changes (3)" }))
    .waitFor();
  await page.getByRole("tab", { name: "Graph" }).click();
  await page.getByRole("option", { name: /Smoke test, step 6 of 6/ }).waitFor();
  for (let n = 0; n < 3; n++) await page.getByRole("button", { name: "Undo" }).first().click();
  await page
    .getByRole("option", { name: /Deploy web, step 6 of 7, parallel, waits for Migrate database and Upload assets/ })
    .waitFor();
  await isOff(page, "Save");
  for (let n = 0; n < 3; n++) await page.getByRole("button", { name: "Redo" }).click();
  await page.getByRole("option", { name: /Smoke test, step 6 of 6/ }).waitFor();
  await save(page);
  await saved(page);
  expect((await stored()).Steps.map((known) => known.Slug)).not.toContain("warm-cache");
  expect((await step("deploy-web"))?.Condition).toBe("Always");
  expect(problems).toEqual([]);
});

test("a draft outlives the page, and can be reviewed and thrown away", async () => {
  const { page, problems } = await openAt("/projects/web-shop/process/steps/warm-cache");
  await page.getByLabel("Name", { exact: true }).fill("Warm all caches");
  // Enter in a text field never saves.
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { name: "Step settings: Warm all caches" }).waitFor();
  await page.getByRole("radio", { name: "Failure: any dependency failed" }).click();
  await page.getByRole("button", { name: "Review changes (2)" }).waitFor();
  await expect
    .poll(() => kept(page))
    .toMatch(/"Warm all caches".*"Condition":"Failure"|"Condition":"Failure".*"Warm all caches"/);
  await page.reload();
  await page.getByText("Your unsaved changes from an earlier visit are here.").waitFor();
  await expect.poll(() => page.getByRole("radio", { name: "Failure: any dependency failed" }).isChecked()).toBe(true);
  await page.getByRole("button", { name: "Review changes (2)" }).click();
  const review = page.getByRole("dialog", { name: "Review changes" });
  await review.getByText("Renamed Warm cache to Warm all caches").waitFor();
  await shot(page, "review");
  expect(await axeProblems(page)).toEqual([]);
  await review.getByRole("button", { name: "Close" }).last().click();
  await page.getByRole("button", { name: "Discard changes" }).click();
  await page.getByRole("heading", { name: "Step settings: Warm cache" }).waitFor();
  expect((await stored()).Version).toBe(seeded.Version);
  expect(problems).toEqual([]);
});

test("a deleted step hands on what it waited for, and its toast takes back that deletion and no other", async () => {
  const { page, problems } = await openAt("/projects/web-shop/process");
  const row = (name: string) => page.getByRole("row", { name: new RegExp(name) });
  const remove = async (name: string) => {
    await page.getByRole("button", { name: `Actions of ${name}` }).click();
    await page.getByRole("menuitem", { name: "Delete" }).click();
    await toasts.getByText(`${name} was deleted.`).waitFor();
  };
  const toasts = page.getByRole("region", { name: "Notifications" });
  await remove("Migrate database");
  await row("Deploy API").getByText("after 1", { exact: true }).waitFor();
  await remove("Warm cache");
  await toasts.getByText("Migrate database was deleted.").waitFor({ state: "hidden" });
  await toasts.getByRole("button", { name: "Undo" }).click();
  await row("Warm cache").waitFor();
  await expectCount(page.getByRole("button", { name: "Actions of Migrate database" }), 0);
  await page.getByRole("link", { name: "Deploy web", exact: true }).click();
  const always = page.getByRole("radio", { name: "Always: once they have finished" });
  await always.click();
  await expect.poll(() => always.isChecked()).toBe(true);
  await page.keyboard.press("Control+z");
  await expect.poll(() => always.isChecked()).toBe(false);
  expect(problems).toEqual([]);
});

test("a draft is one for all tabs, of who made it alone, and discarding it can be undone", async () => {
  const address = "/projects/web-shop/process/steps/warm-cache";
  const { page, problems } = await openAt(address);
  const heading = (of: Page, name: string) => of.getByRole("heading", { name: `Step settings: ${name}`, exact: true });
  await page.getByLabel("Name", { exact: true }).fill("Warm all caches");
  await expect.poll(() => kept(page)).toContain("Warm all caches");
  const other = await page.context().newPage();
  other.setDefaultTimeout(PATIENCE_MS);
  await other.goto(address);
  await heading(other, "Warm all caches").waitFor();
  const always = (of: Page) => of.getByRole("radio", { name: "Always: once they have finished" });
  await always(other).click();
  await expect.poll(() => always(page).isChecked()).toBe(true);
  await other.getByRole("button", { name: "Undo" }).click();
  await expect.poll(() => always(page).isChecked()).toBe(false);
  await other.close();
  await page.reload();
  await heading(page, "Warm all caches").waitFor();

  await page.getByRole("button", { name: /Account of/ }).click();
  await page.getByRole("menuitem", { name: "Sign out" }).click();
  await page.waitForURL("**/sign-in*");
  await signIn(page, viewer, address);
  await page.getByText(/You can look at this process but not change it/).waitFor();
  await heading(page, "Warm cache").waitFor();
  await expectCount(page.getByText("Your unsaved changes from an earlier visit are here."), 0);
  await page.context().clearCookies();
  await signIn(page, admin, address);
  await heading(page, "Warm all caches").waitFor();
  await page.getByRole("button", { name: "Discard changes" }).click();
  await heading(page, "Warm cache").waitFor();
  await page.getByRole("region", { name: "Notifications" }).getByRole("button", { name: "Undo" }).click();
  await heading(page, "Warm all caches").waitFor();
  expect(problems).toEqual([]);
});

test("a dependency that would make a loop is listed, disabled, with the way round", async () => {
  const { page } = await openAt("/projects/web-shop/process/steps/migrate-database");
  await page.getByRole("combobox", { name: "Add step" }).click();
  const option = page.getByRole("option", { name: /Deploy API/ });
  await expectOff(option);
  await expect.poll(() => option.textContent()).toContain("waits for this step");
  await shot(page, "picker-loop");
  await option.click({ force: true });
  await page.getByRole("button", { name: "Review changes (0)" }).waitFor();
  await isOff(page, "Save");
});

test("the graph makes the same dependency with the handle and with d", async () => {
  const { page, problems } = await openAt("/projects/web-shop/process?view=graph");
  const card = (name: string) => page.getByRole("option", { name: new RegExp(`^${name},`) });
  // With the keyboard: Deploy API shall wait for Upload assets.
  await card("Deploy API").click();
  await page.keyboard.press("d");
  await page.getByText("Choose the step that Deploy API should wait for.").waitFor();
  await expectOff(card("Smoke test"));
  await card("Upload assets").click();
  await page.getByRole("option", { name: /^Deploy API, .*waits for Migrate database and Upload assets/ }).waitFor();
  await page.getByRole("button", { name: "Undo" }).click();
  await page.getByRole("option", { name: /^Deploy API, .*waits for Migrate database, / }).waitFor();
  // By dragging from the handle.
  const [from, to] = [await card("Upload assets").boundingBox(), await card("Deploy API").boundingBox()];
  if (!from || !to) throw new Error("both cards are shown");
  await page.mouse.move(from.x + from.width, from.y + from.height / 2);
  await page.mouse.down();
  await page.mouse.move(to.x + 40, to.y + 20, { steps: 5 });
  await page.mouse.up();
  await page.getByRole("option", { name: /^Deploy API, .*waits for Migrate database and Upload assets/ }).waitFor();
  await save(page);
  await saved(page);
  expect(await depends("deploy-api")).toBe('["migrate-database","upload-assets"]');
  expect(problems).toEqual([]);
});

test("a key goes to the card that was just clicked, however slow the page is", async () => {
  const { page, problems } = await openAt("/projects/web-shop/process?view=graph");
  // Both in one go: nothing of the page can catch up in between.
  await page.getByRole("option", { name: /^Deploy API,/ }).evaluate((card: HTMLElement) => {
    card.click();
    document.activeElement?.dispatchEvent(new KeyboardEvent("keydown", { key: "d", bubbles: true, cancelable: true }));
  });
  await page.getByText("Choose the step that Deploy API should wait for.").waitFor();
  expect(problems).toEqual([]);
});

test("edits of two people of different fields are both kept", async () => {
  const { page, problems } = await openAt("/projects/web-shop/process/steps/warm-cache");
  await page.getByRole("radio", { name: "Always: once they have finished" }).click();
  await meanwhile((steps) => {
    for (const known of steps) if (known.Slug === "warm-cache") known.Name = "Warm the cache";
  });
  await save(page);
  await page.getByText(/^admin saved version \d+ meanwhile\. Your changes were saved together with it/).waitFor();
  expect(await step("warm-cache")).toMatchObject({ Name: "Warm the cache", Condition: "Always" });
  expect(problems).toEqual([]);
});

test("what two people changed is asked about in sentences, and again when a third version says something else", async () => {
  const { page, problems } = await openAt("/projects/web-shop/process/steps/warm-cache");
  const name = page.getByLabel("Name", { exact: true });
  await name.fill("Warm all");
  const theirs = (Name: string) =>
    meanwhile((steps) => {
      for (const known of steps) if (known.Slug === "warm-cache") known.Name = Name;
    });
  await theirs("Warm one");
  await save(page);
  const dialog = page.getByRole("dialog", { name: "You and somebody else changed the same" });
  await dialog.getByText(/^admin saved version \d+ meanwhile\. Choose what to keep/).waitFor();
  await dialog.getByText("Renamed Warm cache to Warm all").waitFor();
  await dialog.getByText("Renamed Warm cache to Warm one").waitFor();
  await shot(page, "conflict");
  expect(await axeProblems(page)).toEqual([]);
  const accept = dialog.getByRole("button", { name: "Save what I chose" });
  await expectOff(accept, "nothing is chosen yet");
  await dialog.getByRole("radio", { name: "Mine" }).click();
  await theirs("Warm two");
  await accept.click();
  await dialog.getByText("Renamed Warm cache to Warm two").waitFor();
  await expectOff(accept, "what they say now was not looked at when it was chosen");
  expect((await step("warm-cache"))?.Name).toBe("Warm two");
  await dialog.getByRole("radio", { name: "Mine" }).click();
  await dialog.getByRole("button", { name: "Go on editing with what I chose" }).click();
  await dialog.waitFor({ state: "hidden" });
  await page.getByText(/^admin saved version \d+ meanwhile\. Your changes go on from it/).waitFor();
  expect((await step("warm-cache"))?.Name).toBe("Warm two");
  await expect.poll(() => name.inputValue()).toBe("Warm all");
  await name.fill("Warm all of it");
  await save(page);
  await saved(page);
  expect((await step("warm-cache"))?.Name).toBe("Warm all of it");
  expect(problems).toEqual([]);
});

test("a loop that two people make together is refused", async () => {
  const { page, problems } = await openAt("/projects/web-shop/process/steps/warm-cache");
  await page.getByRole("combobox", { name: "Add step" }).click();
  await page.getByRole("option", { name: /Upload assets/ }).click();
  await meanwhile((steps) => {
    for (const known of steps)
      if (known.Slug === "upload-assets")
        known.Properties["Regatta.Step.DependsOn"] = '["back-up-database","warm-cache"]';
  });
  const { Version } = await stored();
  await save(page);
  await page
    .getByRole("alert")
    .getByText(/do not go together: .*(Warm cache|Upload assets).*(Warm cache|Upload assets)/)
    .waitFor();
  expect((await stored()).Version).toBe(Version);
  expect(problems).toEqual([]);
});

test("who may only look sees everything, changes nothing, and is told why", async () => {
  const { page, problems } = await openPage(browser, server);
  await signIn(page, viewer, "/projects/web-shop/process");
  await page.getByText(/You can look at this process but not change it\. Needs Edit process/).waitFor();
  for (const name of ["Add step", "Save", "Undo"]) {
    const button = page.getByRole("button", { name, exact: true });
    await expectOff(button, name);
    await button.focus();
    const reason = () =>
      button.evaluate((it) => document.getElementById(it.getAttribute("aria-describedby") ?? "")?.textContent);
    await expect.poll(reason, { message: name }).toContain("Edit process");
  }
  expect(await axeProblems(page)).toEqual([]);
  await page.getByRole("link", { name: "Deploy web", exact: true }).click();
  await page.getByRole("radio", { name: "Always: once they have finished" }).click({ force: true });
  await page.getByRole("combobox", { name: "Add step" }).click({ force: true });
  await page.keyboard.type("Warm");
  await page.getByLabel("Name", { exact: true }).press("x");
  await shot(page, "viewer-step");
  await expectCount(page.getByRole("button", { name: "Review changes (0)" }), 1);
  expect(await axeProblems(page)).toEqual([]);
  expect(problems).toEqual([]);
});
