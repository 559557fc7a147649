import { defineConfig } from "vitest/config";

// Every page in every state that matters, for looking at: `npm run gallery`.
export default defineConfig({
  root: import.meta.dirname,
  test: {
    include: ["**/*.gallery.ts"],
    cache: false,
    testTimeout: 1_800_000,
    hookTimeout: 300_000,
    fileParallelism: false,
  },
});
