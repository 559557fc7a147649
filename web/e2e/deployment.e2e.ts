/** A deployment, watched: the story's last step, and that what the page says is what the API has recorded. */
import type { Browser, Locator, Page } from "playwright-core";
import { expect, test } from "vitest";
import {
  axeProblems,
  expectCount,
  expectFits,
  expectFocus,
  expectOff,
  expectSearch,
  openPage,
  shot,
  signIn,
} from "./browser.ts";
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

interface Verdict {
  StepsAtOnceMax: number;
  Dependencies: { BeganAt: string; OverAt: string }[];
}

test("S10: the steps run side by side and in order, and the page proves it", async () => {
  const [lanes, warm] = [gate(server), gate(server)];
  const shop = await project(server, "Web shop", webShop(600, lanes, warm), environment);
  const { page, problems } = await openPage(browser, server);
  await signIn(page, undefined, `/projects/${shop.slug}`);
  const { n, task } = await shop.deploy();
  await page.getByRole("link", { name: "Deployments" }).click();
  await page.getByRole("link", { name: "Release 1.0.1" }).click();
  await page.getByRole("heading", { level: 1, name: "Deploy 1.0.1 to Test" }).waitFor();
  expect(new URL(page.url()).pathname).toBe(`/projects/${shop.slug}/deployments/${n}/summary`);
  const rows = page.getByRole("treegrid", { name: "Steps of the deployment" }).getByRole("row");
  // A step that waits says for whom.
  await rows.filter({ hasText: "Smoke test" }).getByText("Waiting for").waitFor();
  await page.getByText("3 running", { exact: false }).first().waitFor();
  await lanes.open();
  await page.getByText("Running in parallel: up to 3 at once so far.").waitFor();
  expect(await axeProblems(page)).toEqual([]);
  await shot(page, "deployment-running");
  await warm.open();
  await page.getByText("Ran in parallel: up to 3 at once. Order respected: 12 of 12 dependencies.").waitFor();
  const verdict = await server.call<Verdict>("GET", `/api/Spaces-1/tasks/${task}/verdict`);
  const kept = verdict.Dependencies.filter((wait) => Date.parse(wait.BeganAt) >= Date.parse(wait.OverAt));
  expect([verdict.StepsAtOnceMax, kept.length, verdict.Dependencies.length]).toEqual([3, 12, 12]);
  await expectCount(rows.filter({ hasText: "Succeeded" }), 7);
  expect(await axeProblems(page)).toEqual([]);
  await shot(page, "deployment-finished");
  // Rows are walked with the arrow keys; right opens the targets of a step.
  await rows.filter({ hasText: "Back up database" }).focus();
  for (let down = 0; down < 4; down++) await page.keyboard.press("ArrowDown");
  await page.keyboard.press("ArrowRight");
  await rows.filter({ hasText: "web-01" }).first().waitFor();
  await page.keyboard.press("ArrowDown");
  await expectFocus(page, "web-01");
  await page.goto(`/tasks/${task.replace(/\D/g, "")}`);
  await page.waitForURL(`**/projects/${shop.slug}/deployments/${n}/summary`);
  expect(problems).toEqual([]);
});

/** Left and right edges of what ran, by step. */
async function ran(page: Page): Promise<Record<string, [number, number]>> {
  return page.evaluate(() => {
    const edges: Record<string, [number, number]> = {};
    for (const bar of document.querySelectorAll<HTMLElement>("figure [data-look='ran'][data-step]")) {
      const { left, right } = bar.getBoundingClientRect();
      const [from, to] = edges[bar.dataset.step ?? ""] ?? [left, right];
      edges[bar.dataset.step ?? ""] = [Math.min(from, left), Math.max(to, right)];
    }
    return edges;
  });
}

test("the timeline shows what overlapped and what came after, and the result adds up", async () => {
  const lanes = gate(server);
  const shop = await project(server, "Timeline shop", webShop(1_200, lanes), environment);
  const { n, task } = await shop.deploy();
  const { page, problems } = await openPage(browser, server);
  await signIn(page, undefined, `/projects/${shop.slug}/deployments/${n}/timeline`);
  const figure = page.getByRole("figure", { name: "Timeline of the deployment" });
  await figure.getByText("predicted").waitFor();
  await shot(page, "timeline-running");
  // All three lanes are there before one of them may end.
  const running = async () => {
    const run = await server.call<{ Steps: { State: string }[] }>("GET", `/api/Spaces-1/tasks/${task}/run`);
    return run.Steps.filter((step) => step.State === "Running").length;
  };
  await expect.poll(running).toBe(3);
  await lanes.open();
  await page.getByRole("heading", { name: "Result" }).waitFor();
  // The picture may be a moment older than the result.
  await expect.poll(async () => Object.keys(await ran(page)).length).toBe(7);
  const bars = await ran(page);
  const [migrate, upload, warm] = ["migrate-database", "upload-assets", "warm-cache"].map(
    (slug) => bars[slug] ?? [0, 0],
  );
  expect(Math.max(migrate?.[0] ?? 0, warm?.[0] ?? 0)).toBeLessThan(Math.min(migrate?.[1] ?? 0, warm?.[1] ?? 0));
  expect(Math.max(upload?.[0] ?? 0, warm?.[0] ?? 0)).toBeLessThan(Math.min(upload?.[1] ?? 0, warm?.[1] ?? 0));
  const verdict = await server.call<{
    Dependencies: { StepSlug: string; WaitsForSlug: string }[];
    OneByOneMs: number;
    ActualMs: number;
    BestPossibleMs: number;
  }>("GET", `/api/Spaces-1/tasks/${task}/verdict`);
  expect(verdict.Dependencies.length).toBe(12);
  for (const { StepSlug, WaitsForSlug } of verdict.Dependencies) {
    expect(bars[StepSlug]?.[0] ?? 0).toBeGreaterThanOrEqual((bars[WaitsForSlug]?.[1] ?? 1e9) - 1);
  }
  const result = page.getByRole("region", { name: "Result" });
  for (const ms of [verdict.OneByOneMs, verdict.ActualMs, verdict.BestPossibleMs]) {
    const text = ms < 10_000 ? `${(ms / 1_000).toFixed(1)}s` : `${Math.round(ms / 1_000)}s`;
    await result.getByText(text, { exact: true }).first().waitFor();
  }
  expect(await axeProblems(page)).toEqual([]);
  // One after the other takes as long as the engine says.
  const whatIf = page.getByRole("region", { name: "What if" });
  await whatIf.getByLabel("Scripts at once").fill("1");
  await whatIf.getByRole("button", { name: "Play again" }).click();
  await whatIf.getByText("slower").waitFor();
  await figure.getByRole("button", { name: "Upload assets" }).click();
  await figure.getByText("without delaying the end").waitFor();
  await expectSearch(page, "step", "upload-assets");
  await figure.getByRole("button", { name: "By target" }).click();
  await figure.getByText("web-03").waitFor();
  await figure.getByRole("button", { name: "View as table" }).click();
  await expectCount(figure.getByRole("row"), 8);
  expect(await axeProblems(page)).toEqual([]);
  expect(problems).toEqual([]);
});

/** Opens a question, whichever of them is open by itself. */
async function openCard(card: Locator) {
  await expect
    .poll(async () => {
      const review = card.getByRole("button", { name: "Review" });
      if ((await review.count()) > 0) await review.click();
      return card.getByRole("button", { name: "Hide" }).count();
    })
    .toBe(1);
}

test("a person approves and decides on a failure, told what each answer does", async () => {
  const steps = webShop(300);
  steps[2] = { name: "Approve assets", after: ["back-up-database"], action: approval };
  steps[3] = {
    name: "Warm cache",
    after: ["back-up-database"],
    script: "echo starting; echo 'error: port 8080 in use' >&2; exit 3",
  };
  steps[5] = { name: "Deploy web", on: "web", after: ["migrate-database", "approve-assets"], script: "echo ok" };
  const shop = await project(server, "Held shop", steps, environment);
  const { n, task } = await shop.deploy({ UseGuidedFailure: true });
  const { page, problems } = await openPage(browser, server, { viewport: { width: 390, height: 844 }, hasTouch: true });
  await signIn(page, undefined, `/projects/${shop.slug}/deployments/${n}/summary`);
  const approve = page.getByRole("article", { name: "Approve assets waits for a person" });
  const failure = page.getByRole("article", { name: "Warm cache failed" });
  await Promise.all([approve.waitFor(), failure.waitFor()]);
  await expectFits(page);
  // The first question is open; which one that is depends on what came first. Its button says "Hide" once it is.
  await openCard(approve);
  await approve.getByText("Check the schema change with the DBA team.").waitFor();
  await approve.getByText("Deploy web starts now.").waitFor();
  expect(await axeProblems(page)).toEqual([]);
  await shot(page, "deployment-approval-390");
  await approve.getByRole("radio", { name: "Abort" }).check();
  await expectOff(approve.getByRole("button", { name: "Abort" }));
  await approve.getByRole("radio", { name: "Proceed" }).check();
  await approve.getByRole("button", { name: "Proceed" }).click();
  await approve.waitFor({ state: "detached" });
  // What was stated is what the engine does: the step that waited only for the approval runs.
  await openCard(failure);
  await failure.getByText("error: port 8080 in use").waitFor();
  await shot(page, "deployment-failure-390");
  await failure.getByRole("radio", { name: "Fail" }).check();
  await failure.getByText(/Smoke test (will not run|is skipped)\./).waitFor();
  await failure.getByRole("button", { name: "Apply" }).click();
  await failure.waitFor({ state: "detached" });
  const rows = page.getByRole("treegrid").getByRole("row");
  await rows
    .filter({ hasText: "Smoke test" })
    .getByText(/Skipped, blocked by .*Warm cache/)
    .waitFor();
  const states = async () => {
    const path = `/api/Spaces-1/tasks/${task}/run`;
    const run = await server.call<{ Steps: { StepSlug: string; State: string }[] }>("GET", path);
    const of = Object.fromEntries(run.Steps.map((step) => [step.StepSlug, step.State]));
    return [of["warm-cache"], of["smoke-test"], of["deploy-web"]];
  };
  await expect.poll(states).toEqual(["Failed", "Skipped", "Succeeded"]);
  expect(await axeProblems(page)).toEqual([]);
  await shot(page, "deployment-failed-390");
  expect(problems).toEqual([]);
});

test("cancelling says what runs, stops it, and starts nothing more", async () => {
  const shop = await project(server, "Cancelled shop", webShop(300_000), environment);
  const { n, task } = await shop.deploy();
  const { page, problems } = await openPage(browser, server);
  await signIn(page, undefined, `/projects/${shop.slug}/deployments/${n}/summary`);
  await page.getByText("Running", { exact: true }).first().waitFor();
  await page.getByRole("button", { name: "Cancel", exact: true }).click();
  const dialog = page.getByRole("dialog", { name: "Cancel this deployment" });
  await dialog.getByText("Back up database · db-01").waitFor();
  await dialog.getByText("not even steps that always run").waitFor();
  await expectFocus(page, /^Keep running$/);
  expect(await axeProblems(page)).toEqual([]);
  await shot(page, "deployment-cancel");
  await dialog.getByRole("button", { name: "Cancel deployment" }).click();
  await page.getByRole("link", { name: "Re-deploy" }).waitFor();
  const run = await server.call<{ Task: { State: string }; Steps: { State: string }[] }>(
    "GET",
    `/api/Spaces-1/tasks/${task}/run`,
  );
  expect(run.Task.State).toBe("Canceled");
  expect(run.Steps.some((step) => step.State === "Succeeded")).toBe(false);
  expect(problems).toEqual([]);
});

const noise = `seq -f 'line %.0f' 1 20000
printf '\\033[31mred\\033[0m \\033]0;title\\007<script>document.title="owned"</script><img src=x onerror=alert(1)>\\n'
printf '\\033]8;;javascript:alert(1)\\007click\\033]8;;\\007 a\\342\\200\\256b\\n'
head -c 10000 /dev/zero | tr '\\0' x; echo
sleep 0.5; echo 'error: port 8080 in use' >&2; sleep 0.5
seq -f 'after %.0f' 1 2000
exit 3`;

test("the log opens at the first error, is searched as a whole, linked to, and inert", async () => {
  const shop = await project(server, "Noisy <b>shop</b>", [{ name: "Noise <script>", script: noise }], environment);
  const { n, task } = await shop.deploy();
  const { page, problems } = await openPage(browser, server);
  await signIn(page, undefined, `/projects/${shop.slug}/deployments/${n}/log`);
  await page.getByText("Failed", { exact: true }).first().waitFor();
  await page.goto(`/projects/${shop.slug}/deployments/${n}/log`);
  const log = page.getByRole("log", { name: "Task log" });
  await log.getByText("error: port 8080 in use").waitFor();
  await log.getByText('red <script>document.title="owned"</script><img src=x onerror=alert(1)>').waitFor();
  await log.getByText("click a⟨202E⟩b").waitFor();
  expect(await log.locator("script, img, a[href^='javascript']").count()).toBe(0);
  expect(await page.title()).not.toBe("owned");
  // Only what is in view is there.
  await expect.poll(() => log.locator("[data-index]").count()).toBeLessThan(120);
  expect(await axeProblems(page)).toEqual([]);
  await shot(page, "log-failed");
  // The browser's own search would only find what is in view.
  await page.keyboard.press("Control+f");
  await expect.poll(() => page.getByRole("searchbox").evaluate((it) => it === document.activeElement)).toBe(true);
  await page.keyboard.type("line 777");
  await page.getByText("1 of 11").waitFor();
  await log.getByText("line 777", { exact: true }).first().waitFor();
  await page.keyboard.press("Enter");
  await page.getByText("2 of 11").waitFor();
  await log.getByText("line 7770", { exact: true }).waitFor();
  await page.getByRole("searchbox").fill("");
  // A line has an address; opened cold it is in view.
  await page.getByRole("link", { name: "Line 7770", exact: true }).click();
  await page.waitForURL("**#L7770");
  await page.goto("about:blank");
  await page.goto(`/projects/${shop.slug}/deployments/${n}/log#L7770-L7772`);
  await log.locator("[data-selected]").nth(2).waitFor();
  const isInView = async () => {
    const box = await log.boundingBox();
    const line = await log.locator("[data-selected]").first().boundingBox();
    return line && box && line.y > box.y && line.y < box.y + box.height;
  };
  await expect.poll(isInView).toBe(true);
  // The next error from there, and the end.
  await log.focus();
  await page.keyboard.press("e");
  await log.getByText("error: port 8080 in use").waitFor();
  await page.keyboard.press("End");
  await log.getByText("after 2000").waitFor();
  const found = await server.call<{ Total: number }>("GET", `/api/Spaces-1/tasks/${task}/log/search?text=line%20777`);
  expect(found.Total).toBe(11);
  expect(problems).toEqual([]);
});

test("the graph shows every step from the start and never moves; the tabs have keys", async () => {
  const lanes = gate(server);
  const shop = await project(server, "Graph shop", webShop(300, lanes), environment);
  const { n } = await shop.deploy();
  const { page, problems } = await openPage(browser, server);
  await signIn(page, undefined, `/projects/${shop.slug}/deployments/${n}/graph`);
  const graph = page.getByRole("listbox", { name: "Graph of the deployment" });
  const cards = graph.getByRole("option");
  await cards.nth(6).waitFor();
  const places = () =>
    cards.evaluateAll((all) => (all as HTMLElement[]).map((card) => [card.offsetLeft, card.offsetTop]));
  const before = await places();
  await graph.getByText("Running").nth(2).waitFor();
  expect(await places()).toEqual(before);
  await lanes.open();
  await page.getByText("Ran in parallel").waitFor();
  expect(await places()).toEqual(before);
  await expectCount(graph.locator("path[data-met]"), await graph.locator("svg[role] path").count());
  expect(await axeProblems(page)).toEqual([]);
  await shot(page, "graph-finished");
  // One tab stop; arrows walk along the lines.
  await expectCount(graph.locator("[tabindex='0']"), 1);
  await cards.first().focus();
  await page.keyboard.press("ArrowRight");
  await expectFocus(page, "Waits for Back up database.");
  await page.getByRole("region", { name: /Migrate|Upload|Warm/ }).waitFor();
  await page.keyboard.press("1");
  await page.waitForURL("**/summary");
  await page.keyboard.press("4");
  await page.waitForURL("**/log");
  for (const tab of ["Variables", "Artifacts", "History"]) {
    await page.getByRole("navigation", { name: "Views of the deployment" }).getByRole("link", { name: tab }).click();
    await page.waitForURL(`**/${tab.toLowerCase()}`);
    expect(await axeProblems(page)).toEqual([]);
  }
  await page.getByText("started").first().waitFor();
  // The literal words of the story, each once.
  for (const name of ["Task summary", "Graph", "Timeline", "Task log"]) {
    await expectCount(page.getByRole("link", { name, exact: true }), 1, name);
  }
  expect(problems).toEqual([]);
});
