import { defineConfig } from "vitest/config";

// Measurements, not tests: `bench/portal`.
export default defineConfig({
  root: import.meta.dirname,
  test: {
    include: ["**/*.bench.ts"],
    cache: false,
    testTimeout: 900_000,
    hookTimeout: 300_000,
    fileParallelism: false,
  },
});
