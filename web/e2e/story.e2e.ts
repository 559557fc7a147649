/** The seed story in the process editor, S1 to S7: by mouse, by keyboard alone, and on a phone. */
import type { Browser, Page } from "playwright-core";
import { afterEach, expect, test } from "vitest";
import { axeProblems, expectCount, expectFits, expectFocus, expectOff, openPage, shot, signIn } from "./browser.ts";
import { admin, type Server, seed } from "./server.ts";
import { inWorld } from "./world.ts";

let browser: Browser;
let server: Server;
let seeded: StoredProcess;
inWorld(async (world) => {
  ({ browser, server } = world);
  await seed(server);
  seeded = await stored();
});
// Back to the process as seeded, whatever the test before did.
afterEach(async () => {
  const { Version } = await stored();
  seeded = await server.call("PUT", path, { ...seeded, Version });
});

interface StoredStep {
  Slug: string;
  Name: string;
  StartTrigger: string;
  Properties: Record<string, string>;
}
interface StoredProcess {
  Version: number;
  Steps: StoredStep[];
}
const path = "/api/Spaces-1/projects/web-shop/deploymentprocesses";
const stored = () => server.call<StoredProcess>("GET", path);
const storedStep = async (slug: string) => (await stored()).Steps.find((step) => step.Slug === slug) as StoredStep;

/** The words of the story, each once and with its role. */
async function expectOnce(page: Page, role: Parameters<Page["getByRole"]>[0], name: string) {
  await expectCount(page.getByRole(role, { name, exact: true }), 1, `${role} "${name}"`);
}

async function expectWords(page: Page, step: string) {
  await expectOnce(page, "heading", `Step settings: ${step}`);
  await expectOnce(page, "region", "Run Condition");
  await expectOnce(page, "radio", "Run after previous steps");
  await expectOnce(page, "radio", "Run in parallel with other steps");
  await expectOnce(page, "region", "Dependencies");
  await expectOnce(page, "button", "Save");
  await expectCount(page.getByText("Steps that must complete before this step can run", { exact: true }), 1);
}

test("by mouse", async () => {
  const { page, problems } = await openPage(browser, server);
  await signIn(page, admin, "/projects");
  await page.getByRole("link", { name: "Web shop", exact: true }).click();
  await page.getByRole("heading", { level: 1, name: "Web shop" }).waitFor();
  const tabs = page.getByRole("navigation", { name: "Project tabs" });
  await tabs.getByRole("link", { name: "Process", exact: true }).click();
  await expectOnce(page, "heading", "Deployment process");
  for (const step of seeded.Steps)
    await page.getByRole("row").getByRole("link", { name: step.Name, exact: true }).waitFor();
  // All of it without scrolling.
  await page.getByText("after all above (1–6)").waitFor();
  const bottom = async () => {
    const last = await page.getByRole("row").last().boundingBox();
    return last ? last.y + last.height : Number.POSITIVE_INFINITY;
  };
  await expect.poll(bottom).toBeLessThan(900);
  await shot(page, "process-1440-light");
  expect(await axeProblems(page)).toEqual([]);

  await page.getByRole("link", { name: "Smoke test", exact: true }).click();
  await expectWords(page, "Smoke test");
  await expectOff(page.getByRole("button", { name: "Save" }));
  const condition = page.getByRole("region", { name: "Run Condition" });
  await condition.getByRole("radio", { name: "Run in parallel with other steps" }).click();
  await condition.getByText("Will start: after").waitFor();
  await page.getByRole("button", { name: "Save" }).click();
  await page
    .getByRole("status")
    .getByText(`Saved · version ${seeded.Version + 1}`, { exact: true })
    .waitFor();
  await expectOnce(page, "combobox", "Add step");
  await expectOff(page.getByRole("button", { name: "Save" }));
  expect((await storedStep("smoke-test")).StartTrigger).toBe("StartWithPrevious");
  await page.reload();
  await expect.poll(() => page.getByRole("radio", { name: "Run in parallel with other steps" }).isChecked()).toBe(true);

  const section = page.getByRole("region", { name: "Dependencies" });
  await section.getByRole("combobox", { name: "Add step" }).click();
  await section.getByRole("option", { name: /Deploy web/ }).click();
  await section.getByRole("option", { name: /Deploy API/ }).click();
  await page.keyboard.press("Escape");
  await condition.getByText("Will start: after 5 Deploy API, 6 Deploy web").waitFor();
  await shot(page, "step-1440-light");
  expect(await axeProblems(page)).toEqual([]);
  await page.getByRole("button", { name: "Save" }).click();
  await page
    .getByRole("status")
    .getByText(`Saved · version ${seeded.Version + 2}`, { exact: true })
    .waitFor();
  expect((await storedStep("smoke-test")).Properties["Regatta.Step.DependsOn"]).toBe('["deploy-api","deploy-web"]');
  await page.reload();
  await section.getByRole("link", { name: "5 Deploy API" }).waitFor();
  await expect
    .poll(() => section.getByRole("listitem").getByRole("link").allTextContents())
    .toEqual(["5 Deploy API", "6 Deploy web"]);
  await page.getByRole("link", { name: "Process", exact: true }).first().click();
  await page.getByRole("row").getByText("after 5, 6").waitFor();
  await page.getByRole("tab", { name: "Graph" }).click();
  await page
    .getByRole("option", { name: /^Smoke test, step 7 of 7, parallel, waits for Deploy API and Deploy web/ })
    .waitFor();
  await shot(page, "graph-1440-light");
  expect(await axeProblems(page)).toEqual([]);
  expect(problems).toEqual([]);
});

/** Tabs until something with this role and name has the focus, which must be visible. */
async function tabTo(page: Page, role: Parameters<Page["getByRole"]>[0], name: string | RegExp) {
  const wanted = page.getByRole(role, { name, exact: true });
  for (let n = 0; n < 80; n++) {
    if (await wanted.evaluateAll((all) => all.includes(document.activeElement as HTMLElement))) return;
    await page.keyboard.press("Tab");
  }
  throw new Error(`no way by Tab to the ${role} "${name}"`);
}

test("by keyboard alone", async () => {
  const { page, problems } = await openPage(browser, server);
  await signIn(page, admin, "/projects");
  await page.getByRole("link", { name: "Web shop", exact: true }).waitFor();
  await tabTo(page, "link", "Web shop");
  await page.keyboard.press("Enter");
  await expectFocus(page, "Web shop");
  await tabTo(page, "link", "Process");
  await page.keyboard.press("Enter");
  await expectFocus(page, "Deployment process");
  await tabTo(page, "row", /Back up database/);
  for (let n = 0; n < 6; n++) await page.keyboard.press("ArrowDown");
  await page.waitForURL("**step=smoke-test*");
  await page.keyboard.press("Enter");
  await expectFocus(page, "Step settings: Smoke test");
  await expectWords(page, "Smoke test");
  await tabTo(page, "radio", "Run after previous steps");
  await page.keyboard.press("ArrowDown");
  await page.getByRole("region", { name: "Run Condition" }).getByText("Will start: after").waitFor();
  await page.keyboard.press("Control+s");
  await page
    .getByRole("status")
    .getByText(/^Saved · version \d+$/)
    .waitFor();
  expect((await storedStep("smoke-test")).StartTrigger).toBe("StartWithPrevious");
  await tabTo(page, "combobox", "Add step");
  await page.keyboard.type("Deploy");
  await page.keyboard.press("Enter");
  await page.getByRole("button", { name: "Remove Deploy API" }).waitFor();
  await page.keyboard.type("web");
  await page.keyboard.press("Enter");
  await page.getByRole("button", { name: "Remove Deploy web" }).waitFor();
  await page.keyboard.press("Escape");
  await page.keyboard.press("Shift+Tab");
  await expect.poll(() => page.evaluate(() => document.activeElement?.ariaLabel)).toBe("Remove Deploy web");
  await page.keyboard.press("Control+s");
  await page
    .getByRole("status")
    .getByText(/^Saved · version \d+$/)
    .waitFor();
  expect((await storedStep("smoke-test")).Properties["Regatta.Step.DependsOn"]).toBe('["deploy-api","deploy-web"]');
  expect(problems).toEqual([]);
});

test("on a phone", async () => {
  const phone = { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true };
  const { page, problems } = await openPage(browser, server, phone);
  await signIn(page, admin, "/projects");
  await page.getByRole("link", { name: "Web shop", exact: true }).tap();
  await page.getByRole("link", { name: "Process", exact: true }).first().tap();
  await page.getByRole("link", { name: "Smoke test", exact: true }).waitFor();
  await shot(page, "process-390-light");
  await expectFits(page);
  expect(await axeProblems(page)).toEqual([]);
  await page.getByRole("link", { name: "Smoke test", exact: true }).tap();
  await expectWords(page, "Smoke test");
  await page.getByRole("radio", { name: "Run in parallel with other steps" }).tap();
  await page.getByRole("button", { name: "Save" }).tap();
  await page
    .getByRole("status")
    .getByText(/^Saved · version \d+$/)
    .waitFor();
  const section = page.getByRole("region", { name: "Dependencies" });
  await section.getByRole("combobox", { name: "Add step" }).tap();
  await section.getByRole("option", { name: /Upload assets/ }).tap();
  await page.keyboard.press("Escape");
  await shot(page, "step-390-light");
  await expectFits(page);
  expect(await axeProblems(page)).toEqual([]);
  await page.getByRole("button", { name: "Save" }).tap();
  await page
    .getByRole("status")
    .getByText(/^Saved · version \d+$/)
    .waitFor();
  expect((await storedStep("smoke-test")).Properties["Regatta.Step.DependsOn"]).toBe('["upload-assets"]');
  expect(problems).toEqual([]);
});
