import { defineConfig } from "vitest/config";

// One browser, one server a file: two cores have no room for more.
export default defineConfig({
  root: import.meta.dirname,
  test: {
    include: ["**/*.e2e.ts"],
    cache: false,
    testTimeout: 90_000,
    hookTimeout: 90_000,
    fileParallelism: false,
    retry: 0,
  },
});
