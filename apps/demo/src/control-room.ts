import { join } from "node:path";
import { catalog } from "@chaos-agents/catalog";
import { systemClock } from "@chaos-agents/core";
import { openStore } from "@chaos-agents/journal";
import { type Server, startServer } from "@chaos-agents/server";
import manifest from "../package.json" with { type: "json" };

const root = join(import.meta.dirname, "../../..");

/**
 * A control room of the demo's own, undefined where none can be opened: what waits in the user's is not for a demo to start,
 * nor is anybody told of it.
 */
export async function openControlRoom(folder: string, log: (message: string) => void): Promise<Server | undefined> {
  try {
    return await startServer({
      host: "127.0.0.1",
      port: 0,
      version: manifest.version,
      catalog,
      store: openStore(),
      folder,
      clock: systemClock,
      env: {},
      command: [join(root, "chaos")],
      folders: [join(root, "config")],
      atOnce: 1,
      web: join(root, "apps/web/dist"),
      requestsPerMinute: 3_000,
      log,
    });
  } catch (error) {
    log(`No control room beside the demo: ${error instanceof Error ? error.message : String(error)}\n`);
    return undefined;
  }
}
