/** The seed story, S1 to S10: by mouse, by keyboard alone, and on a phone. */
import type { Browser, Page } from "playwright-core";
import { afterEach, expect, test } from "vitest";
import { axeProblems, expectCount, expectFits, expectFocus, expectOff, openPage, shot, signIn } from "./browser.ts";
import { keyboard, mouse, type Press, type Role, tabTo, touch } from "./hands.ts";
import { measured } from "./recorded.ts";
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
async function expectOnce(page: Page, role: Role, name: string) {
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

/** The verdict line, recomputed from the recorded times of every step. */
async function verdictOf(task: string): Promise<string> {
  const { atOnce, kept, all } = await measured(server, task);
  return `Ran in parallel: up to ${atOnce} at once. Order respected: ${kept} of ${all} dependencies.`;
}

/** S8 to S10, from any page of the project: a release, its deployment to Test, and what the page says of the run. */
async function releaseDeployWatch(page: Page, press: Press, dependencies: number) {
  const { Version } = await stored();
  await press("link", "Releases");
  await page.getByRole("heading", { level: 1, name: "Releases" }).waitFor();
  await expectOnce(page, "button", "Create release");
  await press("button", "Create release");
  await page.getByRole("heading", { level: 1, name: "New release" }).waitFor();
  await expectOnce(page, "button", "Create release");
  await press("button", "Create release");
  await page.getByRole("heading", { level: 1, name: /^Release \d/ }).waitFor();
  await page.getByText(`process v${Version}`).waitFor();
  await expectOnce(page, "button", "Deploy to Test");
  await expectFits(page);
  await press("button", "Deploy to Test");
  await expectOnce(page, "button", "Deploy");
  await expectFits(page);
  await press("button", "Deploy");
  await page.waitForURL("**/projects/web-shop/deployments/*/summary");
  const n = new URL(page.url()).pathname.split("/").at(-2);
  const { TaskId } = await server.call<{ TaskId: string }>("GET", `/api/Spaces-1/deployments/Deployments-${n}`);
  for (const [tab, address] of [
    ["Graph", "graph"],
    ["Timeline", "timeline"],
    ["Task log", "log"],
    ["Task summary", "summary"],
  ] as const) {
    await expectOnce(page, "link", tab);
    await press("link", tab);
    await page.waitForURL(`**/deployments/${n}/${address}`);
    await expectFits(page, tab);
  }
  const said = page.getByText(/^Ran in parallel: up to \d+ at once\. Order respected: \d+ of \d+ dependencies\.$/);
  await said.waitFor({ timeout: 120_000 });
  const line = await verdictOf(TaskId);
  await expect.poll(() => said.textContent()).toBe(line);
  expect(line).toContain(`Order respected: ${dependencies} of ${dependencies} `);
  await expect
    .poll(() => page.getByRole("treegrid").getByRole("row").filter({ hasText: "Succeeded" }).count())
    .toBe(seeded.Steps.length);
}

const STORY_MS = 300_000;

test("by mouse", { timeout: STORY_MS }, async () => {
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
  await releaseDeployWatch(page, mouse(page), 8);
  expect(problems).toEqual([]);
});

test("by keyboard alone", { timeout: STORY_MS }, async () => {
  const { page, problems } = await openPage(browser, server);
  await signIn(page, admin, "/projects");
  const unseen: string[] = [];
  const press = keyboard(page, unseen);
  await press("link", "Web shop");
  await expectFocus(page, "Web shop");
  await press("link", "Process");
  await expectFocus(page, "Deployment process");
  await tabTo(page, "row", /Back up database/, unseen);
  for (let n = 0; n < 6; n++) await page.keyboard.press("ArrowDown");
  await page.waitForURL("**step=smoke-test*");
  await page.keyboard.press("Enter");
  await expectFocus(page, "Step settings: Smoke test");
  await expectWords(page, "Smoke test");
  await tabTo(page, "radio", "Run after previous steps", unseen);
  await page.keyboard.press("ArrowDown");
  await page.getByRole("region", { name: "Run Condition" }).getByText("Will start: after").waitFor();
  await press("button", "Save");
  const saved = (version: number) =>
    page.getByRole("status").getByText(`Saved · version ${version}`, { exact: true }).waitFor();
  await saved(seeded.Version + 1);
  expect((await storedStep("smoke-test")).StartTrigger).toBe("StartWithPrevious");
  await tabTo(page, "combobox", "Add step", unseen);
  for (const name of ["Deploy API", "Deploy web"]) {
    await page.keyboard.type(name);
    await page.keyboard.press("Enter");
    await page.getByRole("button", { name: `Remove ${name}` }).waitFor();
  }
  await page.keyboard.press("Escape");
  await page.getByText("Will start: after 5 Deploy API, 6 Deploy web").waitFor();
  await page.keyboard.press("Control+s");
  await saved(seeded.Version + 2);
  expect((await storedStep("smoke-test")).Properties["Regatta.Step.DependsOn"]).toBe('["deploy-api","deploy-web"]');
  await releaseDeployWatch(page, press, 8);
  expect(unseen).toEqual([]);
  expect(problems).toEqual([]);
});

test("on a phone", { timeout: STORY_MS }, async () => {
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
  await releaseDeployWatch(page, touch(page), 7);
  expect(problems).toEqual([]);
});
