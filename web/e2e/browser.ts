/**
 * The browser, and what every page is watched for: errors in its console and violations of the security policy. A page
 * is closed when its test is over, however it ended.
 */
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { join } from "node:path";
import { type Browser, type BrowserContextOptions, chromium, type Locator, type Page } from "playwright-core";
import { expect, onTestFinished } from "vitest";
import { PATIENCE_MS } from "./patience.ts";
import { admin, type Server } from "./server.ts";

const flags = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

export function launchBrowser(): Promise<Browser> {
  return chromium.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", args: flags });
}

export interface Watched {
  page: Page;
  /** What went wrong in the page, for `expect(…).toEqual([])` at the end. */
  problems: string[];
}

export async function openPage(
  browser: Browser,
  server: Server,
  options: BrowserContextOptions = {},
): Promise<Watched> {
  const context = await browser.newContext({
    baseURL: server.url,
    viewport: { width: 1440, height: 900 },
    ...options,
  });
  const page = await context.newPage();
  page.setDefaultTimeout(PATIENCE_MS);
  onTestFinished(async ({ task }) => {
    if (task.result?.state === "fail") await describe(page);
    await context.close();
  });
  const problems: string[] = [];
  page.on("pageerror", (error) => problems.push(`error: ${error.message}`));
  page.on("console", (message) => {
    // A refused request is logged as an error by the browser itself; tests look at what the page says of it.
    const isRefusal = message.text().startsWith("Failed to load resource");
    if (message.type() === "error" && !isRefusal) problems.push(`console: ${message.text()}`);
  });
  return { page, problems };
}

/** What a page showed when its test failed. */
async function describe(page: Page) {
  const seen = await page
    .locator("body")
    .ariaSnapshot({ timeout: 5_000 })
    .catch((error) => `nothing to see: ${error}`);
  console.error(`${page.url()} showed:\n${seen.slice(0, 6_000)}`);
}

export async function signIn(page: Page, as: { username: string; password: string } = admin, next = "/") {
  await page.goto(`/sign-in?next=${encodeURIComponent(next)}`);
  await page.getByLabel("Username").fill(as.username);
  await page.getByRole("textbox", { name: "Password" }).fill(as.password);
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.waitForURL((url) => !url.pathname.startsWith("/sign-in"));
}

let axe: string | undefined;

interface AxeResult {
  violations: { id: string; help: string; nodes: { target: string[]; failureSummary: string }[] }[];
}

/**
 * What axe finds, as text; empty when nothing is wrong. While something fades in, its colours are between those of the
 * theme: what is found is looked at again when the page has come to rest.
 */
export function axeProblems(page: Page): Promise<string[]> {
  return twice(page, {});
}

/**
 * What is too small to be hit (WCAG 2.5.8), of a page that is not scrolled: what lies half under a bar that stays is
 * hit once it is scrolled to.
 */
export function axeTargets(page: Page): Promise<string[]> {
  return twice(page, { runOnly: ["target-size"] });
}

/** The same by the rules that a theme can break, for a page whose other rules were looked at. */
export function axeColours(page: Page): Promise<string[]> {
  return twice(page, { runOnly: ["color-contrast", "link-in-text-block"] });
}

async function twice(page: Page, options: object): Promise<string[]> {
  await atRest(page);
  const found = await runAxe(page, options);
  if (found.length === 0) return found;
  await page.waitForTimeout(1_000);
  await atRest(page);
  return runAxe(page, options);
}

async function runAxe(page: Page, options: object): Promise<string[]> {
  axe ??= await readFile(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
  // Through the protocol, because the page's security policy lets no foreign script in.
  await page.evaluate(axe);
  const result = await page.evaluate(
    (given) => (window as unknown as { axe: { run(options: object): Promise<unknown> } }).axe.run(given),
    options,
  );
  return (result as AxeResult).violations.flatMap((violation) =>
    violation.nodes.map((node) => `${violation.id}: ${node.target.join(" ")}: ${node.failureSummary}`),
  );
}

/** Until nothing is read for the first time, and no transition runs; what moves for ever may. */
async function atRest(page: Page) {
  await expectCount(page.getByRole("status", { name: "Loading" }), 0, "what is still being read");
  await page.waitForFunction(() =>
    document
      .getAnimations()
      .every(
        (one) => one.playState !== "running" || one.effect?.getComputedTiming().endTime === Number.POSITIVE_INFINITY,
      ),
  );
}

/** Until the control says that it cannot be used now. */
export async function expectOff(control: Locator, what?: string) {
  await expect.poll(() => control.getAttribute("aria-disabled"), { message: what ?? "aria-disabled" }).toBe("true");
}

/** Until there are this many. */
export async function expectCount(of: Locator, count: number, what = "how many there are") {
  await expect.poll(() => of.count(), { message: what }).toBe(count);
}

/** Until a part of the address after `?` has this value. */
export async function expectSearch(page: Page, name: string, value: string) {
  await expect.poll(() => new URL(page.url()).searchParams.get(name), { message: name }).toBe(value);
}

/** Until nothing is wider than the window. */
export async function expectFits(page: Page, what = "wider than the window") {
  const over = () => page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  await expect.poll(over, { message: what }).toBeLessThanOrEqual(0);
}

/** Until what has the focus says this: after a navigation that is the heading of the new page. */
export async function expectFocus(page: Page, text: string | RegExp) {
  await expect.poll(() => page.evaluate(() => document.activeElement?.textContent)).toMatch(text);
}

/** Keeps a picture when `SHOTS=1` is set, for looking at. */
export async function shot(page: Page, name: string) {
  if (process.env.SHOTS) await page.screenshot({ path: join(import.meta.dirname, "shots", `${name}.png`) });
}

/** Goes there as a link of the portal would: the page that is there is not loaded anew. */
export async function follow(page: Page, address: string) {
  await page.evaluate((to) => history.pushState({}, "", to), address);
}
