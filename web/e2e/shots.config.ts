import { defineConfig } from "vitest/config";

// The pictures of the guides: `npm run screenshots`.
export default defineConfig({
  root: import.meta.dirname,
  test: {
    include: ["**/*.shots.ts"],
    cache: false,
    testTimeout: 300_000,
    hookTimeout: 120_000,
    fileParallelism: false,
  },
});
