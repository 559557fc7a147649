/** The process pages in every theme and width: nothing scrolls sideways, nothing fails axe. `SHOTS=1` keeps the pictures. */
import type { Browser } from "playwright-core";
import { expect, test } from "vitest";
import { axeProblems, expectFits, openPage, shot, signIn } from "./browser.ts";
import { PATIENCE_MS } from "./patience.ts";
import { admin, type Server, seed } from "./server.ts";
import { inWorld } from "./world.ts";

let browser: Browser;
let server: Server;
inWorld(async (world) => {
  ({ browser, server } = world);
  await seed(server, "--complete");
});

const pages = [
  ["list", "/projects/web-shop-complete/process?step=deploy-web", "treegrid"],
  ["graph", "/projects/web-shop-complete/process?view=graph", "listbox"],
  ["split", "/projects/web-shop/process?view=split&step=deploy-api", "listbox"],
  ["step", "/projects/web-shop/process/steps/deploy-web", "combobox"],
  ["new-step", "/projects/web-shop/process/new", "radio"],
] as const;

test.each(["light", "dark", "contrast"])("%s", { timeout: 15 * PATIENCE_MS }, async (theme) => {
  for (const width of [390, 1024, 1440, 2560]) {
    const { page, problems } = await openPage(browser, server, {
      viewport: { width, height: 900 },
      colorScheme: theme === "light" ? "light" : "dark",
      contrast: theme === "contrast" ? "more" : "no-preference",
    });
    await signIn(page, admin, "/projects");
    for (const [name, address, role] of pages) {
      await page.goto(address);
      await page.getByRole(role).first().waitFor();
      await shot(page, `${name}-${width}-${theme}`);
      await expectFits(page, `${name} at ${width} px`);
      expect(await axeProblems(page), `${name} at ${width} px`).toEqual([]);
    }
    expect(problems).toEqual([]);
    await page.context().close();
  }
});
