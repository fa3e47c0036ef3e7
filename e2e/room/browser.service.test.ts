import { freePort } from "@chaos-agents/testkit";
import type { Page } from "playwright-core";
import { describe, expect, test } from "vitest";
import { eventsOf } from "../cli/chaos.ts";
import { shopFile, withShop } from "../cli/shop.ts";
import { logLines, openRoom, startLocked, stopButton, stopIn, verdict, withBrowser } from "./browser.ts";
import type { Room } from "./room.ts";

const patient = { timeout: 30_000 };
const long = shopFile({ locked: { duration: "10m", skills: ["lock"] } });
/** Rows come while the lock stands, at a time when somebody may be cut off. */
const twofold = `experiments:
  - name: locked and filled
    target: database
    target_config: { connection_url: "\${DATABASE_URL}", db_type: postgres }
    skills:
      - { skill_name: db.table_lock, params: { tables: [orders] } }
      - { skill_name: db.insert_load, params: { tables: [customers], rows_per_table: 20 }, at: 4s }
    duration: 10m
`;
const written = (skill: string) => `experiments:
  - name: written by hand
    target: database
    target_config: { connection_url: "\${DATABASE_URL}", db_type: postgres }
    skills:
      - skill_name: ${skill}
        params: { tables: [orders] }
      - skill_name: db.insert_load
        params: { tables: [customers], rows_per_table: 20 }
    duration: 2s
`;

const ways = ["shared by tabs", "of its own"] as const;
const ended = async (room: Room, run: string) => (await room.ask("GET", `/runs/${run}`)).body;
const eventsSaid = async (room: Room, run: string) =>
  eventsOf((await room.ask("GET", `/runs/${run}/events.ndjson`)).body);
const linesOf = (page: Page) => logLines(page).allInnerTexts();

describe("the control room", () => {
  withShop((shop) =>
    withBrowser((watchers) => {
      test("an experiment is written with a mistake, mended, looked at, approved, run, watched and reported", async () => {
        await using room = await openRoom(shop, long);
        const page = await watchers.visit(room);
        await page.getByRole("link", { name: "New experiment" }).click();
        const editor = page.getByRole("textbox", { name: "Experiment file, YAML" });
        await editor.fill(written("db.table_lok"));

        const line = page.locator(".cm-line").nth(5);
        await expect.poll(() => line.locator(".cm-lintRange-error").allInnerTexts()).toEqual(["db.table_lok"]);
        const problem = page.getByRole("region", { name: "Problems" }).getByRole("button");
        expect(await problem.innerText()).toMatch(/db\.table_lok[\s\S]*6:21/);
        const look = page.getByRole("button", { name: "Dry run" });
        expect(await look.isDisabled()).toBe(true);

        await problem.click();
        await page.keyboard.press("Shift+End");
        await page.keyboard.insertText("db.table_lock");
        await page.getByText("Valid: written by hand").waitFor();
        expect(await page.locator(".cm-lintRange-error").count()).toBe(0);

        await look.click();
        await page.getByText("Nothing was touched: this is what was found and would be done.").waitFor();
        const planned = async (skill: string) =>
          (await page.getByRole("region", { name: skill }).getByRole("row").allInnerTexts()).slice(1);
        expect(await planned("db.table_lock")).toEqual([expect.stringMatching(/lock.*orders/i)]);
        expect(await planned("db.insert_load")).toEqual([expect.stringMatching(/insert 20 rows into.*customers/)]);
        await shop.expectWhole();

        const go = page.getByRole("button", { name: "Break it, and put it back" });
        expect(await go.isDisabled()).toBe(true);
        await page.getByLabel("I approve exactly this plan.").check();
        await go.click();
        await page.waitForURL(/\/runs\/[^/]+$/);
        const run = page.url().split("/").at(-1)!;
        await expect.poll(() => shop.ordersAreLocked(), { ...patient, interval: 20 }).toBe(true);

        await verdict(page).waitFor();
        expect(await verdict(page).innerText()).toContain("Passed");
        const undone = await page.getByRole("region", { name: "Undo", exact: true }).getByRole("row").allInnerTexts();
        expect(undone.slice(1)).toEqual([
          expect.stringMatching(/insert_load[\s\S]*undone[\s\S]*20 rows deleted[\s\S]*nothing of ours is left/),
          expect.stringMatching(/table_lock[\s\S]*identical[\s\S]*nothing is left/),
        ]);
        expect(await ended(room, run)).toMatchObject({ verdict: "passed", live: false, pending: 0 });
        await shop.expectWhole();
      });

      test("a run is stopped in the middle, after asking, and puts everything back", async () => {
        await using room = await openRoom(shop, long);
        const run = await startLocked(room, shop);
        const page = await watchers.visit(room, { path: `/runs/${run}` });
        await stopButton(page).click();
        await page.getByRole("button", { name: "Go back" }).click();
        expect(await shop.ordersAreLocked()).toBe(true);
        await stopIn(page);
        await verdict(page).waitFor();
        expect(await verdict(page).innerText()).toContain("owner stopped this run: stopped in the control room");
        expect(await ended(room, run)).toMatchObject({ verdict: "halted", live: false, pending: 0 });
        await shop.expectWhole();
      });

      test("a page that is loaded again in the middle shows the whole run so far, and goes on", async () => {
        await using room = await openRoom(shop, long);
        const run = await startLocked(room, shop);
        const page = await watchers.visit(room, { path: `/runs/${run}` });
        const told = page.getByText("db.table_lock").first();
        await told.waitFor();
        await page
          .getByRole("listitem")
          .filter({ hasText: "Observe", has: page.locator("xpath=self::*[@aria-current]") })
          .waitFor();
        const before = await linesOf(page);
        expect(before.length).toBeGreaterThan(5);
        await page.reload();
        await expect.poll(() => linesOf(page), patient).toEqual(before);
        await stopIn(page);
        await verdict(page).waitFor();
        // a run that has ended is told from its beginning
        expect((await linesOf(page)).slice(0, before.length)).toEqual(before.toReversed());
        await shop.expectWhole();
      });

      test("what is stopped in one tab is stopped in the other", async () => {
        await using room = await openRoom(shop, long);
        const run = await startLocked(room, shop);
        const one = await watchers.visit(room, { path: `/runs/${run}` });
        const other = await one.context().newPage();
        await other.goto(one.url());
        await stopButton(other).waitFor();
        await stopIn(one);
        await Promise.all([verdict(one).waitFor(), verdict(other).waitFor()]);
        expect(await verdict(other).innerText()).toBe(await verdict(one).innerText());
        expect(await linesOf(other)).toEqual(await linesOf(one));
        expect((await ended(room, run)).verdict).toBe("halted");
        await shop.expectWhole();
      });

      test.for(ways)("a page outlives the server: no event is lost or doubled over a connection %s", async (way) => {
        await using room = await openRoom(shop, twofold, ["--port", String(await freePort())]);
        const run = await startLocked(room, shop);
        const page = await watchers.stranger();
        const heard = await listen[way](page);
        await page.goto(`${room.url}/?token=${room.token}`);
        await page.goto(`${room.url}/runs/${run}`);
        await expect.poll(() => heard.length, patient).toBeGreaterThan(5);
        await stopButton(page).waitFor();

        await room.kill();
        await page.getByText("The server cannot be reached.").waitFor();
        await page.getByText("Cut off from the server").waitFor();
        expect(await shop.ordersAreLocked()).toBe(true);
        const rows = () => shop.admin.query("SELECT count(*)::int AS n FROM customers");
        await expect.poll(rows, patient).toEqual([{ n: 520 }]);
        await room.restart();
        await page.getByText("The server cannot be reached.").waitFor({ state: "detached" });

        const fresh = await watchers.visit(room, { path: `/runs/${run}` });
        await logLines(fresh).filter({ hasText: "insert_load" }).first().waitFor();
        const all = await linesOf(fresh);
        await expect.poll(() => linesOf(page), patient).toEqual(all);
        await stopIn(page);
        await verdict(page).waitFor();
        const said = (await eventsSaid(room, run)).map(({ seq }) => seq);
        expect(said).toEqual(said.map((_, i) => i + 1));
        expect(heard).toEqual(said);
        expect(await ended(room, run)).toMatchObject({ verdict: "halted", live: false, pending: 0 });
        await shop.expectWhole();
      });

      test("a run from a terminal comes up on Home while it goes on, and is opened and stopped there", async () => {
        await using room = await openRoom(shop, long);
        const page = await watchers.visit(room);
        await page.getByText("All is quiet").waitFor();
        const running = room.playground.start(["run", "shop.yaml", "--yes", "--json"]);
        const { run } = await running.event("fault-witnessed");
        await page.getByRole("heading", { name: "locked" }).getByRole("link").click();
        await page.waitForURL(`${room.url}/runs/${run}`);
        // Home has a stop button for it, too, and is still there for a moment
        await page.getByRole("heading", { name: "locked", level: 1 }).waitFor();
        await stopIn(page);
        await verdict(page).waitFor();
        expect((await running.ended).code).toBe(5);
        await shop.expectWhole();
      });

      test("without a token there is a login; a wrong one is refused, the right one gets where one wanted to go", async () => {
        await using room = await openRoom(shop, long);
        const page = await watchers.stranger();
        await page.goto(`${room.url}/experiments`);
        const token = page.getByLabel("Token");
        await token.fill("wrong-wrong-wrong-wrong");
        await token.press("Enter");
        await page.getByRole("alert").waitFor();
        expect(await page.context().cookies()).toEqual([]);
        expect(await page.getByText("shop.yaml").count()).toBe(0);
        await token.fill(room.token);
        await token.press("Enter");
        await page.getByText("shop.yaml").first().waitFor();
        const [cookie] = await page.context().cookies();
        expect(cookie).toMatchObject({ httpOnly: true, sameSite: "Strict" });
        expect(await page.evaluate<string>("document.cookie + location.href")).toBe(`${room.url}/experiments`);
      });

      test("the keyboard alone gets from Home to a run's stop button, and stops it", async () => {
        await using room = await openRoom(shop, long);
        const run = await startLocked(room, shop);
        const page = await watchers.visit(room);
        await page.getByRole("heading", { name: "locked" }).waitFor();
        await tabTo(page, "locked");
        await page.keyboard.press("Enter");
        await page.waitForURL(`${room.url}/runs/${run}`);
        await page.getByRole("heading", { name: "locked", level: 1 }).waitFor();
        await tabTo(page, "Stop");
        await page.keyboard.press("Enter");
        await page.getByRole("alertdialog").waitFor();
        await tabTo(page, "Stop and undo");
        await page.keyboard.press("Enter");
        await verdict(page).waitFor();
        expect((await ended(room, run)).verdict).toBe("halted");
        await shop.expectWhole();
      });
    }),
  );
});

/** The numbers of a run's events, as a page hears them over the worker, or its browser over the page's own stream. */
const listen = {
  async "shared by tabs"(page: Page): Promise<number[]> {
    const heard: number[] = [];
    await page.exposeFunction("heardEvent", (number: number) => void heard.push(number));
    await page.addInitScript(`
      window.SharedWorker = class extends SharedWorker {
        constructor(...given) {
          super(...given);
          this.port.addEventListener("message", ({ data: { told } }) => {
            if (told.name === "run" && told.number > 0) heardEvent(told.number);
          });
        }
      };
    `);
    return heard;
  },
  async "of its own"(page: Page): Promise<number[]> {
    const heard: number[] = [];
    await page.addInitScript("delete window.SharedWorker");
    const session = await page.context().newCDPSession(page);
    session.on("Network.eventSourceMessageReceived", ({ eventName, data }) => {
      if (eventName !== "run") return;
      const { seq } = JSON.parse(data) as { seq?: number };
      if (seq !== undefined) heard.push(seq);
    });
    await session.send("Network.enable");
    return heard;
  },
};

async function tabTo(page: Page, name: string): Promise<void> {
  const seen: string[] = [];
  for (const _ of Array.from({ length: 60 })) {
    await page.keyboard.press("Tab");
    seen.push(await page.evaluate<string>("(document.activeElement.textContent || '').trim()"));
    if (seen.at(-1) === name) return;
  }
  throw new Error(`Tab never came to "${name}":\n${seen.join("\n")}`);
}
