import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

// The server the development server hands /api to.
const server = process.env.REGATTA_URL ?? "http://127.0.0.1:8065";

export default defineConfig({
  plugins: [react()],
  build: {
    target: "es2022",
    manifest: true,
    // Small files inlined as data: URLs would need a wider Content-Security-Policy.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 700,
  },
  worker: { format: "es" },
  server: {
    host: "127.0.0.1",
    proxy: { "/health": { target: server }, "/api": { target: server, changeOrigin: false } },
  },
  test: { environment: "jsdom", include: ["src/**/*.test.{ts,tsx}"] },
} as Parameters<typeof defineConfig>[0]);
