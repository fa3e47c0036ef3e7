import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { Client } from "pg";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { shopFile, withShop } from "../cli/shop.ts";
import {
  barriers,
  openRoom,
  overflow,
  schemes,
  screenshots,
  startLocked,
  verdict,
  widths,
  withBrowser,
} from "./browser.ts";
import type { Room } from "./room.ts";

const file = shopFile({
  "Orders behind a lock": {
    duration: "10m",
    more: `    hypothesis: "Orders wait, customers do not"
    steady_state:
      - name: customers
        type: sql
        query: "SELECT count(*) FROM customers"
        expect: ">= 500"
`,
  },
});
const largestFirstLoad = 250_000;

describe("every page of the control room", () => {
  withShop((shop) =>
    withBrowser((watchers) => {
      let room: Room;
      let live: string;
      let stopped: string[];

      const stop = async (run: string) => {
        await room.ask("POST", `/runs/${run}/stop`, {});
        for await (const { type } of room.events(run)) if (type === "run-finished") break;
      };
      beforeAll(async () => {
        room = await openRoom(shop, file);
        stopped = [await startLocked(room, shop)];
        await stop(stopped[0]!);
        stopped.push(await startLocked(room, shop));
        await stop(stopped[1]!);
        live = await startLocked(room, shop);
      });
      afterAll(() => room?.[Symbol.asyncDispose]());

      const path = (name: string) => `${room.url}${name}`;
      const heading = (page: Page, name: string) => page.getByRole("heading", { name, exact: true });
      const pages: Record<string, (page: Page) => Promise<void>> = {
        home: async (page) => {
          await page.goto(path("/"));
          await page.getByRole("button", { name: "Stop" }).waitFor();
          await page.getByText("halted").first().waitFor();
        },
        "run-live": async (page) => {
          await page.goto(path(`/runs/${live}`));
          await heading(page, "Undo").waitFor();
        },
        results: async (page) => {
          await page.goto(path(`/runs/${stopped[0]}`));
          await verdict(page).waitFor();
          await heading(page, "Event log").waitFor();
        },
        history: async (page) => {
          await page.goto(path("/runs"));
          await page.getByRole("checkbox").nth(2).waitFor();
        },
        compare: async (page) => {
          await page.goto(path(`/compare?a=${stopped[0]}&b=${stopped[1]}`));
          await heading(page, "Key figures").waitFor();
        },
        experiments: async (page) => {
          await page.goto(path("/experiments"));
          await page.getByText("Orders behind a lock").waitFor();
        },
        editor: async (page) => {
          await page.goto(path("/experiments/edit?file=config/shop.yaml"));
          await page.getByText("Valid: Orders behind a lock").waitFor();
        },
        skills: async (page) => {
          await page.goto(path("/skills"));
          await page.getByText("db.table_lock").first().waitFor();
        },
        skill: async (page) => {
          await page.goto(path("/skills/db.table_lock"));
          await page.getByRole("heading", { level: 1 }).waitFor();
          await page
            .getByLabel(/tables/)
            .first()
            .waitFor();
        },
        settings: async (page) => {
          await page.goto(path("/settings"));
          await heading(page, "Settings").waitFor();
          await page.getByText("owner").first().waitFor();
        },
      };

      const examine = async (page: Page, name: string) => {
        const found: string[] = [];
        // a phone's scrollbar takes no room
        await page.evaluate("document.documentElement.style.scrollbarGutter = 'auto'");
        for (const colorScheme of schemes) {
          await page.emulateMedia({ colorScheme });
          for (const width of widths) {
            await page.setViewportSize({ width, height: width === 390 ? 844 : 900 });
            const file = `${name}-${width}-${colorScheme}.png`;
            await page.screenshot({ path: join(screenshots, file), fullPage: width === 1440 });
            if (width === 390) expect([name, await overflow(page)]).toEqual([name, 0]);
            found.push(...(await barriers(page)).map((barrier) => `${file}: ${barrier}`));
          }
        }
        expect(found).toEqual([]);
      };

      test.each(Object.keys(pages))("%s shuts nobody out and fits a phone, light and dark", async (name) => {
        const page = await watchers.visit(room);
        await pages[name]!(page);
        await examine(page, name);
      });

      test("login shuts nobody out and fits a phone, light and dark", async () => {
        const page = await watchers.stranger();
        await page.goto(room.url);
        await page.getByLabel("Token").waitFor();
        await examine(page, "login");
      });

      test("Home loads at most 250 KB of script, and not the editor", async () => {
        const page = await watchers.stranger();
        const scripts = new Map<string, Promise<Buffer>>();
        page.on("response", (response) => {
          if (response.request().resourceType() === "script") scripts.set(response.url(), response.body());
        });
        const editors = () => [...scripts.keys()].filter((url) => /yaml-editor/.test(url));
        await page.goto(`${room.url}/?token=${room.token}`);
        await pages["home"]!(page);
        const bodies = await Promise.all(scripts.values());
        const transferred = bodies.reduce((sum, body) => sum + gzipSync(body).length, 0);
        expect(bodies.length).toBeGreaterThan(0);
        expect(transferred).toBeLessThanOrEqual(largestFirstLoad);
        expect(editors()).toEqual([]);
        await pages["editor"]!(page);
        expect(editors()).toHaveLength(1);
      });

      test("nothing of all this is left in the shop", async () => {
        await stop(live);
        await shop.expectWhole();
      });

      // a table that is locked cannot be discovered
      test("targets shut nobody out and fit a phone, light and dark", async () => {
        const page = await watchers.visit(room, { path: "/targets" });
        await page.getByRole("button", { name: "Discover" }).click();
        await page.getByRole("cell", { name: "customers" }).first().waitFor();
        await examine(page, "targets");
      });

      test("what nobody has a journal of is found on its target, and removed", async () => {
        const page = await watchers.visit(room, { path: "/targets" });
        const client = new Client({ connectionString: shop.url, application_name: "chaos/lost/1" });
        const gone = new Promise((resolve) => client.on("error", resolve));
        await client.connect();
        await using _ = { [Symbol.asyncDispose]: () => client.end() };
        await page.getByRole("button", { name: "Look for leftovers" }).click();
        await page.getByRole("cell", { name: "chaos/lost/1" }).waitFor();
        await examine(page, "leftovers");
        await page.getByRole("button", { name: "Remove what is ours" }).click();
        await page.getByRole("button", { name: "Remove it" }).click();
        await page.getByText(/chaos\/lost\/1.*: undone/).waitFor();
        await gone;
        await page.getByRole("button", { name: "Look for leftovers" }).click();
        await page.getByText("No sessions of ours.").waitFor();
      });
    }),
  );
});
