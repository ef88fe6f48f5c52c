/**
 * How the window's pages are built. The web view loads `dist` under a strict content policy, so nothing is inlined:
 * a font as a `data:` address would be refused.
 */
import { svelte } from "@sveltejs/vite-plugin-svelte";
import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";

export default defineConfig(({ mode }) => ({
  plugins: [svelte()],
  resolve: {
    alias: { $lib: fileURLToPath(new URL("./src/lib", import.meta.url)) },
    // Under test the browser's build of Svelte is wanted, not the server's.
    conditions: mode === "test" ? ["browser"] : undefined,
  },
  clearScreen: false,
  server: { port: 5173, strictPort: true },
  build: { target: "es2022", assetsInlineLimit: 0, modulePreload: { polyfill: false } },
  // Style sheets are read as text by the contrast test; without `css` they come empty.
  test: { environment: "happy-dom", css: true, include: ["src/**/*.test.ts"] },
}));
