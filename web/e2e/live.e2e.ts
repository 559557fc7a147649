/** The live connection: tabs share one stream, and what happened while the server was away shows when it is back. */
import type { Browser, Page } from "playwright-core";
import { expect, test } from "vitest";
import { openPage, signIn } from "./browser.ts";
import { makeProject, scriptStep } from "./sample.ts";
import type { Server } from "./server.ts";
import { inWorld } from "./world.ts";

let browser: Browser;
let server: Server;
inWorld((world) => {
  ({ browser, server } = world);
});

const dot = (page: Page, state: string) => page.locator(`[role=status][data-state=${state}]`).waitFor();
const shows = (page: Page, name: string) => page.getByRole("link", { name }).first().waitFor();

test("two tabs hear by one stream, and by the next one when the server was away or a tab closes", async () => {
  const { page, problems } = await openPage(browser, server);
  const open = new Set<unknown>();
  const context = page.context();
  context.on("request", (request) => request.url().endsWith("/stream") && open.add(request));
  for (const event of ["requestfinished", "requestfailed"] as const) {
    context.on(event as "requestfinished", (request) => open.delete(request));
  }
  await signIn(page, undefined, "/projects");
  await dot(page, "live");
  const other = await context.newPage();
  other.on("pageerror", (error) => problems.push(`error: ${error.message}`));
  await other.goto("/projects");
  await dot(other, "live");
  await makeProject(server, "Alpha", [scriptStep("one")]);
  await Promise.all([shows(page, "Alpha"), shows(other, "Alpha")]);
  await expect.poll(() => open.size).toBe(1);

  await server.kill();
  await Promise.all([dot(page, "lost"), dot(other, "lost")]);
  await server.restart();
  await makeProject(server, "Beta", [scriptStep("one")]);
  await Promise.all([shows(page, "Beta"), shows(other, "Beta")]);
  await Promise.all([dot(page, "live"), dot(other, "live")]);
  await expect.poll(() => open.size).toBe(1);

  await page.close();
  await makeProject(server, "Gamma", [scriptStep("one")]);
  await shows(other, "Gamma");
  expect(problems).toEqual([]);
});
