/**
 * Hours of watching a busy deployment: what the page keeps of it, measured every few minutes after its garbage was collected.
 * A measurement, not a test: run it with `bench/soak MINUTES`. What the page does right meanwhile is `watching.e2e.ts`.
 */
import type { Browser, CDPSession, Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { launchBrowser, openPage, signIn } from "./browser.ts";
import { deploy, makeEnvironments, makeProject, scriptStep } from "./sample.ts";
import { type Server, startServer } from "./server.ts";

const MINUTES = Number(process.env.REGATTA_SOAK_MINUTES ?? 120);
const LANES = 3;
const STEPS_A_LANE = 20;
const LINES_A_SECOND = 5;
const TABS = ["Task summary", "Graph", "Timeline", "Task log"];
/** So often is looked at another tab, and after each round through all of them is measured. */
const LOOK_MS = Math.min(60_000, (MINUTES * 60_000) / 40);
const GROWTH_MAX_MB = 20;

let browser: Browser;
let server: Server;
beforeAll(async () => {
  [browser, server] = await Promise.all([launchBrowser(), startServer()]);
});
afterAll(async () => {
  await browser?.close();
  await server?.stop();
});

/** Lanes of steps one after the other, as long together as is watched and a little more, talking all the while. */
function lanes() {
  const lines = Math.ceil(((MINUTES + 2) * 60 * LINES_A_SECOND) / STEPS_A_LANE);
  const script = `for n in $(seq ${lines}); do echo "line $n of $SECONDS s"; sleep ${1 / LINES_A_SECOND}; done`;
  return Array.from({ length: LANES * STEPS_A_LANE }, (_, at) =>
    scriptStep(`Step ${at + 1}`, at < LANES ? [] : [`step-${at + 1 - LANES}`], script),
  );
}

async function keptBy(protocol: CDPSession) {
  await protocol.send("HeapProfiler.collectGarbage");
  const { usedSize } = await protocol.send("Runtime.getHeapUsage");
  const { nodes } = await protocol.send("Memory.getDOMCounters");
  return { heap_mb: usedSize / 1_048_576, nodes };
}

async function look(page: Page, tab: string) {
  const link = page.getByRole("navigation", { name: "Views of the deployment" }).getByRole("link", { name: tab });
  await link.click();
  await page.locator("[aria-current=page]", { hasText: tab }).waitFor();
  await page.waitForTimeout(LOOK_MS);
}

test("the page while a busy deployment is watched", { timeout: (MINUTES + 30) * 60_000 }, async () => {
  const [environment = ""] = await makeEnvironments(server, "Test");
  const project = await makeProject(server, "Busy", lanes());
  const task = await deploy(server, project, "1.0.0", environment);
  const { page, problems } = await openPage(browser, server);
  await signIn(page, undefined, `/tasks/${task.replace(/\D/g, "")}`);
  const protocol = await page.context().newCDPSession(page);
  const from = performance.now();
  let early: Awaited<ReturnType<typeof keptBy>> | undefined;
  let late = await keptBy(protocol);
  while (performance.now() - from < MINUTES * 60_000) {
    for (const tab of TABS) await look(page, tab);
    late = await keptBy(protocol);
    early ??= late;
    const minutes = (performance.now() - from) / 60_000;
    console.log(`${minutes.toFixed(1)} min: heap ${late.heap_mb.toFixed(1)} MB, ${late.nodes} nodes`);
  }
  const grown = late.heap_mb - (early?.heap_mb ?? 0);
  const verdict = grown < GROWTH_MAX_MB ? "within" : "over";
  console.log(`grown by ${grown.toFixed(1)} MB in ${MINUTES} minutes, budget ${GROWTH_MAX_MB} MB: ${verdict}`);
  expect(problems).toEqual([]);
});
