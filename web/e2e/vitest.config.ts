import { defineConfig } from "vitest/config";
import { PATIENCE_MS } from "./patience.ts";
import { Retried } from "./retried.ts";

// One browser, one server a file: two cores have no room for more.
export default defineConfig({
  root: import.meta.dirname,
  test: {
    include: ["**/*.e2e.ts"],
    cache: false,
    testTimeout: 5 * PATIENCE_MS,
    hookTimeout: 3 * PATIENCE_MS,
    expect: { poll: { timeout: PATIENCE_MS } },
    fileParallelism: false,
    // One unlucky moment of the machine loses no run; that it came to a second try is said at the end.
    retry: 1,
    reporters: ["verbose", new Retried()],
  },
});
