import tailwind from "@tailwindcss/vite";
import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";
import { firstLoad } from "./first-load.ts";

const server = process.env["VITE_API_URL"] ?? "http://127.0.0.1:8888";

/** In development the server sees its own origin, as it does when it serves the built pages itself. */
const proxy = { target: server, changeOrigin: true, headers: { origin: new URL(server).origin } };

export default defineConfig({
  plugins: [react(), tailwind(), firstLoad({ mostKilobytes: 250 })],
  server: { port: 5173, strictPort: true, proxy: { "/api": proxy, "/metrics": proxy } },
  build: {
    target: "es2023",
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    // most licences ask that they travel along
    license: { fileName: "THIRD-PARTY-LICENSES.md" },
  },
});
