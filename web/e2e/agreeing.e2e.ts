/**
 * The portal and the command line say the same of a process, whatever its shape: order, problems, how much at once; and of
 * what became of it, which is what its recorded times say.
 */
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import type { Browser, Page } from "playwright-core";
import { expect, test } from "vitest";
import { openPage, signIn } from "./browser.ts";
import { PATIENCE_MS } from "./patience.ts";
import { processPath, stored } from "./process.ts";
import { measured } from "./recorded.ts";
import { deploy, type Made, makeEnvironments, makeProject, scriptStep } from "./sample.ts";
import { admin, binary, type Server } from "./server.ts";
import { inWorld } from "./world.ts";

const GRAPHS = 30;
/** So many of them are deployed. */
const RUNS = 6;
const STEPS_MAX = 9;
const SEED = 20_261_126;
let browser: Browser;
let server: Server;
let environment: string;
inWorld(async (world) => {
  ({ browser, server } = world);
  [environment = ""] = await makeEnvironments(server, "Test");
});

/** Random in the same way every time (mulberry32). */
function dice(seed: number) {
  let state = seed;
  return (sides: number) => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) % sides;
  };
}

/** Steps that wait only for those above them, some of them for all; some read an output of any other. */
function graph(roll: (sides: number) => number) {
  const count = 2 + roll(STEPS_MAX - 1);
  return Array.from({ length: count }, (_, at) => {
    const above = Array.from({ length: at }, (_, on) => `step-${on + 1}`).filter(() => roll(3) === 0);
    const script = roll(4) === 0 ? `echo "#{Octopus.Action[Step ${1 + roll(count)}].Output.X}"` : "echo done";
    return scriptStep(`Step ${at + 1}`, roll(4) === 0 ? undefined : above, script);
  });
}

async function cliText(output: "json" | "table", ...command: string[]): Promise<string> {
  const env = {
    ...process.env,
    REGATTA_URL: server.url,
    REGATTA_API_KEY: admin.apiKey,
    REGATTA_OUTPUT: output,
    XDG_CONFIG_HOME: server.dataDir,
  };
  // It ends with 6 when something is wrong with the process, which is no failure here.
  const { stdout, stderr } = await promisify(execFile)(binary, command, { env }).catch((ended) => {
    if (ended.code === 6) return ended as { stdout: string; stderr: string };
    throw ended;
  });
  // What is said to people goes beside the data.
  return output === "json" ? stdout : stderr;
}

async function cli<T>(...command: string[]): Promise<T> {
  return JSON.parse(await cliText("json", ...command)) as T;
}

interface Plan {
  AtOnceMax: number;
  Steps: { StepName: string; WaitsFor: { StepSlug: string }[] }[];
}

/** What the command line says, in the words of the page. */
async function told(project: string) {
  const [plan, problems] = await Promise.all([
    cli<Plan>("process", "plan", "-p", project),
    cli<{ Message: string }[]>("process", "lint", "-p", project),
  ]);
  const waits = plan.Steps.map((step) => [
    step.StepName,
    step.WaitsFor.map((wait) => Number(wait.StepSlug.replace("step-", ""))).sort((a, b) => a - b),
  ]);
  return { atOnce: plan.AtOnceMax, waits, problems: problems.map((problem) => problem.Message).sort() };
}

/** `after 1–3, 5` as numbers. */
function numbers(text: string): number[] {
  const parts = text.match(/\d+(–\d+)?/g) ?? [];
  return parts.flatMap((part) => {
    const [from = 0, to = from] = part.split("–").map(Number);
    return Array.from({ length: to - from + 1 }, (_, at) => from + at);
  });
}

async function shown(page: Page) {
  const rows = await page.getByRole("row").evaluateAll((all) =>
    all.slice(1).map((row) => {
      const cell = (name: string) => row.querySelector(`[data-column=${name}]`);
      return [cell("step")?.querySelector("a")?.textContent ?? "", cell("starts")?.textContent ?? ""] as const;
    }),
  );
  const summary = (await page.getByText(/up to \d+ at once/).textContent()) ?? "";
  const problems = await page
    .locator("main li[data-level] > span")
    .evaluateAll((all) => all.map((one) => (one.lastChild?.textContent ?? "").trim()));
  return {
    atOnce: Number(summary.match(/up to (\d+) at once/)?.[1]),
    waits: rows.map(([name, starts]) => [name, numbers(starts.split(";")[0] ?? "")]),
    problems: problems.sort(),
  };
}

/** A run of the process as it is now: what both say of it, and what its times say. */
async function expectSameVerdict(page: Page, project: Made, version: string) {
  const task = await deploy(server, project, version, environment);
  const said = await cliText("table", "deployment", "watch", task);
  const { atOnce, kept, all } = await measured(server, task);
  await page.goto(`/tasks/${task.replace(/\D/g, "")}`);
  const parallel = atOnce > 1 ? `Ran in parallel: up to ${atOnce} at once.` : "Ran one step at a time.";
  if (all > 0) {
    expect(said).toContain(`Order respected: ${kept} of ${all}.`);
    const things = all === 1 ? "dependency" : "dependencies";
    await page.getByText(`${parallel} Order respected: ${kept} of ${all} ${things}.`, { exact: true }).waitFor();
  } else if (atOnce > 1) await page.getByText(parallel, { exact: true }).waitFor();
  return atOnce;
}

test("of generated graphs both say the same", { timeout: 10 * PATIENCE_MS }, async () => {
  const roll = dice(SEED);
  const project = await makeProject(server, "Graphs", graph(roll));
  const slug = project.Slug;
  const { page, problems } = await openPage(browser, server);
  await signIn(page, undefined, `/projects/${slug}/process`);
  let found = 0;
  const runs: number[] = [];
  for (let n = 0; n < GRAPHS; n++) {
    const before = await stored(server, slug);
    await server.call("PUT", processPath(slug), { ...before, Steps: graph(roll) });
    const expected = await told(slug);
    found += expected.problems.length;
    // The page hears of the new version by itself.
    await expect.poll(() => shown(page), { message: `graph ${n} of ${SEED}` }).toEqual(expected);
    if (n % (GRAPHS / RUNS) > 0) continue;
    runs.push(await expectSameVerdict(page, project, `1.0.${n}`));
    await page.goto(`/projects/${slug}/process`);
  }
  expect(Math.max(...runs)).toBeGreaterThan(1);
  expect(found).toBeGreaterThan(GRAPHS / 3);
  expect(problems).toEqual([]);
});
