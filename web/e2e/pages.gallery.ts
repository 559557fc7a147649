/**
 * Pictures of every page in the states that matter, in four widths and two themes, on one sheet a state:
 * `npm run gallery` writes them to `e2e/shots/gallery`. `ONLY=process,step WIDTHS=390,1440 SCHEMES=dark` takes some.
 */
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Browser, BrowserContext, Page } from "playwright-core";
import { afterAll, beforeAll, test } from "vitest";
import { launchBrowser, openPage, signIn } from "./browser.ts";
import { type Deployments, empty, emptyProject, full, type Shown } from "./gallery-places.ts";
import { makeRunbook } from "./runbooks.ts";
import { type Made, makeProject, makeViewer, manualStep, scriptStep, viewer } from "./sample.ts";
import { type Server, seed, startServer } from "./server.ts";
import { approval, project, webShop } from "./webshop.ts";

const SPACE = "/api/Spaces-1";
const folder = join(import.meta.dirname, "shots", "gallery");
const only = process.env.ONLY?.split(",");
const some = process.env.WIDTHS?.split(",").map(Number);
const widths = [
  [390, 844],
  [1024, 768],
  [1440, 900],
  [2560, 1440],
].filter(([width]) => !some || some.includes(width as number)) as [number, number][];
const schemes = (["light", "dark"] as const).filter((scheme) => process.env.SCHEMES?.includes(scheme) ?? true);

let browser: Browser;
let fresh: Server;
let server: Server;
let deployments: Deployments;
beforeAll(async () => {
  [browser, fresh, server] = await Promise.all([
    launchBrowser(),
    startServer(),
    startServer(),
    mkdir(folder, { recursive: true }),
  ]);
  await seed(server, "--complete");
  await makeViewer(server);
  await makeProject(server, "Nothing yet", []);
  deployments = await deployAll();
});
afterAll(async () => {
  await browser?.close();
  await Promise.all([fresh?.stop(), server?.stop()]);
});

interface Task {
  State: string;
  HasPendingInterruptions: boolean;
  IsCompleted: boolean;
}

async function until(task: string, done: (task: Task) => boolean) {
  for (;;) {
    if (done(await server.call<Task>("GET", `/api/tasks/${task}`))) return;
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}

/** One deployment of the sample in each state, with the process as it is at the end. */
async function deployAll(): Promise<Deployments> {
  const path = `${SPACE}/projects/web-shop/deploymentprocesses`;
  const before = await server.call<{ Steps: { Slug: string; Actions: { Properties: Record<string, string> }[] }[] }>(
    "GET",
    path,
  );
  const withScript = async (scripts: Record<string, string>) => {
    const process = structuredClone(before);
    for (const step of process.Steps) {
      const script = scripts[step.Slug];
      if (script) for (const action of step.Actions) action.Properties["Octopus.Action.Script.ScriptBody"] = script;
    }
    const { Version } = await server.call<{ Version: number }>("GET", path);
    await server.call("PUT", path, { ...process, Version });
  };
  const shop = await server.call<{ Id: string }>("GET", `${SPACE}/projects/web-shop`);
  const environments = await server.call<{ Id: string; Name: string }[]>("GET", `${SPACE}/environments/all`);
  const idOf = (name: string) => environments.find((one) => one.Name === name)?.Id;
  const deploy = async (version: string, environment: string, more = {}) => {
    const release = await server.call<{ Id: string }>("POST", `${SPACE}/releases`, {
      ProjectId: shop.Id,
      Version: version,
    });
    const body = { ReleaseId: release.Id, EnvironmentId: idOf(environment), ...more };
    const made = await server.call<{ Id: string; TaskId: string }>("POST", `${SPACE}/deployments`, body);
    return { n: made.Id.replace(/^.*-/, ""), task: made.TaskId };
  };
  const isOver = (task: Task) => task.IsCompleted;
  await variables(shop.Id, idOf("Test") ?? "");
  const finished = await deploy("2.4.0", "Test");
  await until(finished.task, isOver);
  await withScript({ "deploy-api": "echo Restarting service; echo 'error: port 8080 in use' >&2; exit 3" });
  const failed = await deploy("2.4.1", "Test");
  await until(failed.task, isOver);
  const waiting = await held(idOf("Test") ?? "");
  await withScript({ "deploy-api": "echo Restarting service; sleep 3600", "warm-cache": "echo warming; sleep 3600" });
  const running = await deploy("2.4.2", "Test");
  await until(running.task, (task) => task.State === "Executing");
  const queued = await deploy("2.4.3", "Test");
  await withScript({});
  const runs = await runbooks({ Id: shop.Id, Slug: "web-shop" }, idOf("Test") ?? "");
  return { ...runs, finished: finished.n, failed: failed.n, waiting, running: running.n, queued: queued.n };
}

/** Two runbooks: one that was changed since it was published and has run, and one that waits for a person. */
async function runbooks(shop: Made, environment: string): Promise<Pick<Deployments, "backedUp" | "restoring">> {
  const dumping = [scriptStep("Dump", []), scriptStep("Upload", ["dump"])];
  const backUp = await makeRunbook(server, shop, "Back up", dumping);
  const backedUp = await backUp.run(environment);
  await until(backedUp.task, (task) => task.IsCompleted);
  await backUp.setSteps([...dumping, scriptStep("Report", ["dump"])]);
  const asking = [manualStep("Approve restore", "Is the site **offline**?"), scriptStep("Restore")];
  const restoring = await (await makeRunbook(server, shop, "Restore", asking)).run(environment);
  await until(restoring.task, (task) => task.HasPendingInterruptions);
  return { backedUp: backedUp.n, restoring: restoring.n };
}

async function variables(owner: string, test: string) {
  const path = `${SPACE}/variables/variableset-${owner}`;
  const before = await server.call<object>("GET", path);
  const Variables = [
    { Name: "Db.ConnString", Value: "Server=test-db;Database=shop", Scope: { Environment: [test] } },
    { Name: "Db.ConnString", Value: "Server=prod-db;Database=shop", Scope: {} },
    { Name: "Db.Password", Value: "hunter-twelve", Type: "Sensitive", IsSensitive: true, Scope: {} },
    { Name: "Url", Value: "https://#{Host}/shop", Scope: {} },
    { Name: "Host", Value: "test.example.com", Scope: { Environment: [test] } },
  ];
  await server.call("PUT", path, { ...before, Variables });
}

/** A deployment that waits for a person. */
async function held(environment: string): Promise<Deployments["waiting"]> {
  const steps = webShop(10);
  steps[2] = { name: "Approve schema change", after: ["back-up-database"], action: approval };
  steps[5] = { name: "Deploy web", on: "web", after: ["migrate-database", "approve-schema-change"], script: "echo ok" };
  const shop = await project(server, "Held shop", steps, environment);
  const { n, task } = await shop.deploy();
  await until(task, (known) => known.HasPendingInterruptions);
  return { n, slug: shop.slug };
}

async function take(context: BrowserContext, shown: Shown, file: string) {
  const page = await context.newPage();
  page.setDefaultTimeout(30_000);
  if (shown.spoils) {
    const { path, how } = shown.spoils;
    const body = JSON.stringify({ ErrorMessage: "The database is busy.", Code: "Busy" });
    await page.route(
      (url) => url.pathname.startsWith("/api") && path.test(url.pathname),
      (route) =>
        how === "loading" ? undefined : route.fulfill({ status: 500, contentType: "application/json", body }),
    );
  }
  await page.goto(shown.address, { waitUntil: "commit" });
  await shown.ready(page);
  await shown.act?.(page);
  await page.evaluate(() => document.fonts.ready);
  await page.waitForTimeout(250);
  await page.screenshot({ path: file });
  const isWide = await page.evaluate(() => document.documentElement.scrollWidth > document.documentElement.clientWidth);
  if (isWide) console.log(`${file} scrolls sideways`);
  await page.close();
}

/** All pictures of a state on one sheet: the widths beside each other, light above dark. */
async function sheet(page: Page, name: string) {
  const images = await Promise.all(
    schemes.flatMap((scheme) =>
      widths.map(async ([width]) => {
        const bytes = await readFile(join(folder, `${name}-${width}-${scheme}.png`));
        return `<img src="data:image/png;base64,${bytes.toString("base64")}">`;
      }),
    ),
  );
  // As large as one can still read them beside each other.
  const columns = widths.map(([width]) => `${Math.round(width < 1000 ? width / 2 : width / 3 + 240)}px`).join(" ");
  const style = `body{margin:8px;background:#888;display:grid;grid-template-columns:${columns};gap:8px}img{width:100%}`;
  await page.setContent(`<style>${style}</style>${images.join("")}`);
  await page.waitForFunction(() => [...document.images].every((image) => image.complete));
  await page.screenshot({ path: join(folder, `${name}.png`), fullPage: true });
}

async function gallery(of: Server, all: Shown[]) {
  const wanted = all.filter(({ name }) => !only || only.includes(name));
  const failed: string[] = [];
  for (const as of [undefined, "viewer", "nobody"] as const) {
    const own = wanted.filter((shown) => shown.as === as);
    for (const scheme of own.length > 0 ? schemes : []) {
      for (const [width, height] of widths) {
        const phone = width === 390 ? { hasTouch: true, isMobile: true } : {};
        const { page } = await openPage(browser, of, { colorScheme: scheme, viewport: { width, height }, ...phone });
        if (as !== "nobody") await signIn(page, as === "viewer" ? viewer : undefined, "/profile/preferences");
        for (const shown of own) {
          const file = join(folder, `${shown.name}-${width}-${scheme}.png`);
          await take(page.context(), shown, file).catch((error: Error) => {
            failed.push(`${shown.name} ${width} ${scheme}: ${error.message.split("\n")[0]}`);
            return writeFile(file, "");
          });
        }
        await page.context().close();
      }
    }
  }
  const context = await browser.newContext({ viewport: { width: 2330, height: 900 } });
  const page = await context.newPage();
  for (const { name } of wanted) await sheet(page, name);
  await context.close();
  if (failed.length > 0) throw new Error(failed.join("\n"));
}

test("nothing there yet", () => gallery(fresh, empty));
test("a project without anything", () => gallery(server, emptyProject("nothing-yet")));
test("every page", () => gallery(server, full(deployments)));
