/** From an empty server to the list of projects; and what a page does when the session ends. */
import type { Browser } from "playwright-core";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { axeProblems, launchBrowser, openPage, shot, signIn } from "./browser.ts";
import { save, stored } from "./process.ts";
import { makeProject, scriptStep } from "./sample.ts";
import { admin, type Server, setupToken, startServer } from "./server.ts";

let browser: Browser;
beforeAll(async () => {
  browser = await launchBrowser();
});
afterAll(() => browser?.close());

// A test that fails never reaches its end; no server may outlive it because of that.
const servers: Server[] = [];
afterEach(() => Promise.all(servers.splice(0).map((server) => server.stop())));
async function start(options: Parameters<typeof startServer>[0] = {}) {
  const server = await startServer(options);
  servers.push(server);
  return server;
}

test("set-up page, first administrator, projects", async () => {
  const server = await start({ fresh: true });
  const { page, problems } = await openPage(browser, server);
  await page.goto("/projects");
  await page.waitForURL("**/setup");
  await page.getByRole("heading", { level: 1, name: "Set up Regatta" }).waitFor();
  expect(await axeProblems(page)).toEqual([]);
  await shot(page, "setup");
  await page.getByLabel("Set-up token").fill("wrong");
  await page.getByRole("textbox", { name: "Password" }).fill(admin.password);
  await page.getByRole("button", { name: "Create account" }).click();
  await page.getByRole("alert").getByText("token").waitFor();
  await page.getByLabel("Set-up token").fill(await setupToken(server));
  await page.getByRole("button", { name: "Create account" }).click();
  // What one lands on can be deployed as it is.
  await page.waitForURL("**/projects/*/process");
  await page.getByRole("link", { name: "Smoke test", exact: true }).waitFor();
  expect(await axeProblems(page)).toEqual([]);
  await page.getByRole("region", { name: "Try it out" }).getByRole("link", { name: "Create a release" }).click();
  await page.getByRole("button", { name: "Create release" }).click();
  await page
    .getByRole("link", { name: "Deploy to Test" })
    .or(page.getByRole("button", { name: "Deploy to Test" }))
    .click();
  await page.getByRole("button", { name: "Deploy", exact: true }).click();
  await page.getByText(/^Ran in parallel: up to \d at once\. Order respected: 8 of 8 dependencies\.$/).waitFor();
  await page.goto("/projects");
  await page.getByRole("link", { name: "Sample: Web shop" }).waitFor();
  expect(await axeProblems(page)).toEqual([]);
  await page.goto("/setup");
  await page.getByText("This server has been set up already.").waitFor();
  expect(problems).toEqual([]);
});

test("signing in leads on to where one wanted to go, wrong passwords nowhere", async () => {
  const server = await start();
  const { page, problems } = await openPage(browser, server);
  await page.goto("/projects?q=shop");
  await page.waitForURL("**/sign-in?next=*");
  await page.getByLabel("Username").fill(admin.username);
  await page.getByRole("textbox", { name: "Password" }).fill("wrong");
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.getByRole("alert").getByText("not right").waitFor();
  expect(await axeProblems(page)).toEqual([]);
  await page.getByRole("textbox", { name: "Password" }).fill(admin.password);
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.waitForURL("**/projects?q=shop");
  // Somebody else's site is no place of ours.
  await signIn(page, admin, "//example.invalid/");
  await page.getByRole("heading", { level: 1 }).waitFor();
  expect(new URL(page.url()).host).toBe(new URL(server.url).host);
  expect(problems).toEqual([]);
});

test("an ended session asks over the page, which stays as it is", async () => {
  const server = await start();
  const { page, problems } = await openPage(browser, server);
  await signIn(page, admin, "/projects");
  await page.getByRole("heading", { level: 1, name: "Projects" }).waitFor();
  await page.context().clearCookies();
  const overlay = page.getByRole("dialog", { name: "Sign in again" });
  // Two keys are one shortcut only when they come soon after each other.
  const isAsked = async () => {
    await page.keyboard.press("g");
    await page.keyboard.press("d");
    return overlay.isVisible();
  };
  await expect.poll(isAsked, { interval: 500 }).toBe(true);
  await overlay.getByLabel("Username").fill(admin.username);
  await overlay.getByRole("textbox", { name: "Password" }).fill(admin.password);
  await overlay.getByRole("button", { name: "Sign in" }).click();
  await overlay.waitFor({ state: "hidden" });
  expect(problems).toEqual([]);
});

test("a session that ends over unsaved edits: signing in again leads on with them, and they can be saved", async () => {
  const server = await start();
  const made = await makeProject(server, "Draft shop", [scriptStep("Build"), scriptStep("Test", ["build"])]);
  const { page, problems } = await openPage(browser, server);
  const address = `/projects/${made.Slug}/process/steps/test`;
  await signIn(page, admin, address);
  await page.getByLabel("Name", { exact: true }).fill("Check everything");
  await page.getByRole("button", { name: "Review changes (1)" }).waitFor();
  await page.context().clearCookies();
  await page.getByRole("radio", { name: "Always: once they have finished" }).click();
  // What the server is asked about the edit it answers with: nobody is signed in.
  const overlay = page.getByRole("dialog", { name: "Sign in again" });
  await overlay.waitFor();
  expect(await axeProblems(page)).toEqual([]);
  await overlay.getByLabel("Username").fill(admin.username);
  await overlay.getByRole("textbox", { name: "Password" }).fill(admin.password);
  await overlay.getByRole("button", { name: "Sign in" }).click();
  await overlay.waitFor({ state: "hidden" });
  expect(new URL(page.url()).pathname).toBe(address);
  await expect.poll(() => page.getByLabel("Name", { exact: true }).inputValue()).toBe("Check everything");
  await page.getByRole("button", { name: "Review changes (2)" }).waitFor();
  await save(page);
  const { Steps } = await stored(server, made.Slug);
  expect([Steps[1]?.Name, Steps[1]?.Condition]).toEqual(["Check everything", "Always"]);
  expect(problems).toEqual([]);
});

test("pages cannot be framed, run nothing inline, and files are cached rightly", async () => {
  const server = await start();
  const html = { Accept: "text/html" };
  const index = await fetch(`${server.url}/projects/a/releases/1.2.3`, { headers: html });
  expect(index.status).toBe(200);
  expect(index.headers.get("content-security-policy")).toContain("style-src 'self'; img-src");
  expect(index.headers.get("content-security-policy")).not.toContain("unsafe");
  expect(index.headers.get("x-frame-options")).toBe("DENY");
  expect(index.headers.get("x-content-type-options")).toBe("nosniff");
  expect(index.headers.get("cache-control")).toBe("no-cache");
  const script = (await index.text()).match(/\/assets\/[^"]+\.js/)?.[0] ?? "";
  const asset = await fetch(`${server.url}${script}`, { headers: { "Accept-Encoding": "gzip" } });
  expect(asset.headers.get("cache-control")).toContain("immutable");
  expect(asset.headers.get("content-encoding")).toBe("gzip");
  const etag = index.headers.get("etag") ?? "";
  const again = await fetch(`${server.url}/`, { headers: { ...html, "If-None-Match": etag } });
  expect(again.status).toBe(304);
  // An address of the API is never a page, nor is a file that does not exist.
  const api = await fetch(`${server.url}/api/users/me`, { headers: html });
  expect([api.status, api.headers.get("content-type")]).toEqual([401, "application/json"]);
  expect((await fetch(`${server.url}/assets/nothing.js`, { headers: html })).status).toBe(404);
});
