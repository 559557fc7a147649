/** Addresses as Octopus writes them, which scripts, notices and other clients show: they lead to the pages here. */
import type { Browser } from "playwright-core";
import { expect, test } from "vitest";
import { openPage, signIn } from "./browser.ts";
import type { Server } from "./server.ts";
import { ended, gate, project, targets, webShop } from "./webshop.ts";
import { inWorld } from "./world.ts";

let browser: Browser;
let server: Server;
let environment: string;
inWorld(async (world) => {
  ({ browser, server } = world);
  environment = await targets(server);
});

test("an address of Octopus leads to the page of what it names", async () => {
  const lanes = gate(server);
  await lanes.open();
  const shop = await project(server, "Web shop", webShop(600, lanes), environment);
  const { n, task } = await shop.deploy();
  await ended(server, task);
  const deployment = await server.call<{ ReleaseId: string; ProjectId: string }>(
    "GET",
    `/api/Spaces-1/deployments/Deployments-${n}`,
  );
  const { page, problems } = await openPage(browser, server);
  await signIn(page);
  const home = `/projects/${shop.slug}`;
  const places = [
    [`deployments/Deployments-${n}`, `${home}/deployments/${n}/summary`],
    [`tasks/${task}`, `${home}/deployments/${n}/summary`],
    [`releases/${deployment.ReleaseId}`, `${home}/releases/1.0.1`],
    [`projects/${deployment.ProjectId}`, home],
    [`projects/${shop.slug}/deployments/process`, `${home}/process`],
    [`projects/${shop.slug}/deployments/releases/1.0.1`, `${home}/releases/1.0.1`],
    ["projects", "/projects"],
  ];
  for (const [address, path] of places) {
    await page.goto(`/app#/Spaces-1/${address}`);
    await page.waitForURL(({ pathname, hash }) => pathname === path && hash === "");
  }
  expect(problems).toEqual([]);
  await page.goto("/app#/Spaces-1/moon/full");
  await page.getByRole("heading", { level: 1, name: "Nothing was found here" }).waitFor();
});
