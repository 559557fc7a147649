/** Every address: opened cold it shows what it shows to somebody who came there through the portal. */
import type { Browser, Page, Request } from "playwright-core";
import { expect, test } from "vitest";
import { expectCount, follow, openPage, signIn } from "./browser.ts";
import { PATIENCE_MS } from "./patience.ts";
import { makeRunbook } from "./runbooks.ts";
import { scriptStep } from "./sample.ts";
import type { Server } from "./server.ts";
import { ended, project, targets, webShop } from "./webshop.ts";
import { inWorld } from "./world.ts";

let browser: Browser;
let server: Server;
let addresses: string[];
inWorld(async (world) => {
  ({ browser, server } = world);
  addresses = await visited(await targets(server));
});

/** One address of every kind there is, with what may stand in it, of a project that has been deployed. */
async function visited(environment: string): Promise<string[]> {
  const steps = webShop(10);
  steps[2] = { name: "Upload assets", after: ["back-up-database"], script: "seq -f 'line %.0f' 1 400" };
  const shop = await project(server, "Web shop", steps, environment);
  const { n, task } = await shop.deploy();
  await ended(server, task);
  const dumping = [scriptStep("Dump", []), scriptStep("Upload", ["dump"])];
  const backUp = await makeRunbook(server, { Id: shop.id, Slug: shop.slug }, "Back up", dumping);
  const backedUp = await backUp.run(environment);
  await ended(server, backedUp.task);
  const at = `/projects/${shop.slug}`;
  const run = `${at}/deployments/${n}`;
  return [
    "/?status=succeeded&q=web",
    "/projects?q=shop",
    "/projects/new",
    at,
    `${at}/process?step=deploy-api`,
    `${at}/process?view=graph&step=deploy-web`,
    `${at}/process?view=split&q=deploy`,
    `${at}/process/steps/deploy-web#dependencies`,
    `${at}/process/new?after=warm-cache`,
    `${at}/process/versions`,
    `${at}/process/versions/1`,
    `${at}/process/compare?from=0&to=1`,
    `${at}/variables?q=a&preview=env:Test`,
    `${at}/releases`,
    `${at}/releases/1.0.1`,
    `${at}/releases/new`,
    `${at}/releases/1.0.1/deploy?env=test&exclude=warm-cache`,
    `${at}/deployments`,
    `${at}/triggers`,
    `${at}/settings`,
    `${run}/summary`,
    `${run}/graph?step=deploy-api`,
    `${run}/timeline?step=deploy-api&by=target`,
    `${run}/timeline?view=table`,
    `${run}/log?step=upload-assets`,
    `${run}/log/upload-assets/worker/1#L120-L140`,
    `${run}/variables`,
    `${run}/artifacts`,
    `${run}/history`,
    `${at}/runbooks?q=back`,
    backUp.at,
    `${backUp.at}/process?view=graph&step=upload`,
    `${backUp.at}/process/steps/upload#dependencies`,
    `${backUp.at}/process/versions/1`,
    `${backUp.at}/settings`,
    `${backUp.at}/run?env=test&exclude=upload`,
    `${backUp.at}/runs/${backedUp.n}/summary`,
    `${backUp.at}/runs/${backedUp.n}/log/dump/worker/1`,
    "/tasks",
    `/tasks/${backedUp.task.replace(/\D/g, "")}`,
    `/tasks/${task.replace(/\D/g, "")}`,
    "/attention",
    "/targets",
    "/targets/web-01",
    "/targets/new",
    "/environments",
    "/environments/test",
    "/library",
    "/library/lifecycles",
    "/audit",
    "/settings/users",
    "/settings/teams",
    "/settings/roles",
    "/profile/api-keys",
    "/connect",
    "/nowhere",
    "/projects/nowhere",
  ];
}

/** What the page says, without what time alone changes. */
async function says(page: Page): Promise<string> {
  const seen = await page.locator("main").ariaSnapshot();
  return seen
    .replace(/just now|\d+[mh] ago/g, "lately")
    .replace(/ \[active\]/g, "")
    .replace(/\d\d:\d\d(:\d\d)?/g, "time");
}

/** What it says once it has come to rest: twice the same, with nothing being read. */
async function atRest(page: Page): Promise<string> {
  await page.getByRole("heading", { level: 1 }).first().waitFor();
  await expectCount(page.getByRole("status", { name: "Loading" }), 0, "what is still being read");
  let last = "";
  const isSame = async () => {
    const before = last;
    last = await says(page);
    return last !== "" && last === before;
  };
  await expect.poll(isSame, { interval: 400 }).toBe(true);
  return last;
}

/** Counts from now on; answers, and stops, with what was read more than once. Who asks is asked before anything is live. */
function countReads(page: Page): () => string[] {
  const counts = new Map<string, number>();
  const count = (request: Request) => {
    const { pathname, search } = new URL(request.url());
    if (request.method() !== "GET" || !pathname.startsWith("/api/") || pathname.includes("/users/me")) return;
    counts.set(pathname + search, (counts.get(pathname + search) ?? 0) + 1);
  };
  page.on("request", count);
  return () => {
    page.off("request", count);
    return [...counts].filter(([, times]) => times > 1).map(([read, times]) => `${read}, ${times} times`);
  };
}

test("an address opened cold shows the same as on the way through the portal", {
  timeout: 20 * PATIENCE_MS,
}, async () => {
  const { page, problems } = await openPage(browser, server);
  const between = "/profile/preferences";
  await signIn(page, undefined, between);
  const heading = () => page.getByRole("heading", { level: 1 }).first().textContent();
  const focused = () => page.evaluate(() => document.activeElement?.tagName);
  const warm = new Map([[between, await atRest(page)]]);
  for (const address of addresses) {
    await follow(page, address);
    // The old page stays until the new one is there.
    await expect.poll(heading, { message: address }).not.toBe("Preferences");
    // Whoever hears the page is told where they are, or is in the one field that it is about.
    if (!address.includes("#")) await expect.poll(focused, { message: address }).toMatch(/^(H1|INPUT)$/);
    warm.set(address, await atRest(page));
    await follow(page, between);
    await expect.poll(heading).toBe("Preferences");
  }
  const twice: string[] = [];
  for (const address of warm.keys()) {
    const reads = countReads(page);
    await page.goto(address);
    await expect.poll(() => says(page), { message: address, interval: 400 }).toBe(warm.get(address));
    twice.push(...reads().map((read) => `${address}: ${read}`));
  }
  // On a machine that is too slow to be live in time, a page is right all the same, and read twice.
  expect(twice.length, twice.join("\n")).toBeLessThan(addresses.length);
  // Else all of it could be one and the same page that says nothing.
  expect(new Set(warm.values()).size).toBeGreaterThan(addresses.length - 4);
  expect(problems).toEqual([]);
});
