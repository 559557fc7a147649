/** The browser and the server of a test file. */
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, beforeEach } from "vitest";
import { launchBrowser } from "./browser.ts";
import { type Options, type Server, startServer } from "./server.ts";

export interface World {
  browser: Browser;
  server: Server;
}

/**
 * Starts both before the first test. A test that is tried again gets a server of its own, prepared as the first one
 * was, so that what the first try left behind is not in its way.
 */
export function inWorld(prepare: (world: World) => Promise<unknown> | unknown, options: Options = {}) {
  let browser: Browser | undefined;
  let server: Server | undefined;
  const begin = async (with_: Browser) => {
    server = await startServer(options);
    await prepare({ browser: with_, server });
  };
  beforeAll(async () => {
    browser = await launchBrowser();
    await begin(browser);
  });
  beforeEach(async ({ task }) => {
    if (!task.result?.retryCount || !browser) return;
    await server?.stop();
    await begin(browser);
  });
  afterAll(async () => {
    await browser?.close();
    await server?.stop();
  });
}
