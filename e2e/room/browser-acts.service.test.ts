import { readFile, readdir } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { freePort } from "@chaos-agents/testkit";
import type { Page } from "playwright-core";
import { describe, expect, test } from "vitest";
import { root } from "../cli/chaos.ts";
import { shopFile, withShop } from "../cli/shop.ts";
import { logLines, openRoom, startLocked, stopIn, verdict, withBrowser } from "./browser.ts";
import type { Room } from "./room.ts";

const patient = { timeout: 30_000 };
const long = shopFile({ locked: { duration: "10m", skills: ["lock"] } });
const filled = shopFile({ filled: { duration: "10m", skills: ["insert"] } });
const editor = (page: Page) => page.getByRole("textbox", { name: "Experiment file, YAML" });

describe("what can be done in the control room", () => {
  withShop((shop) =>
    withBrowser((watchers) => {
      test("what a killed run left behind while no room was open is recovered with a button", async () => {
        await using room = await openRoom(shop, filled);
        await room.kill();
        const running = room.playground.start(["run", "shop.yaml", "--yes", "--json"]);
        const { run } = await running.event("fault-witnessed");
        running.kill("SIGKILL");
        await running.ended;
        const rows = () => shop.admin.query("SELECT count(*)::int AS n FROM customers");
        expect(await rows()).toEqual([{ n: 700 }]);

        await room.restart();
        const page = await watchers.visit(room);
        await page.getByRole("link", { name: "Not put back yet" }).click();
        await page.waitForURL(`${room.url}/runs/${run}`);
        const left = page.getByRole("region", { name: "Still to be put back" });
        await left.getByRole("cell", { name: "customers" }).first().waitFor();
        expect(await rows()).toEqual([{ n: 700 }]);
        await left.getByRole("button", { name: "Recover now" }).click();
        const undone = page.getByRole("region", { name: "Undo", exact: true }).getByRole("row");
        await expect
          .poll(async () => (await undone.allInnerTexts()).slice(1), patient)
          .toEqual([expect.stringMatching(/insert_load[\s\S]*undone[\s\S]*200 rows deleted/)]);
        await left.waitFor({ state: "detached" });
        await verdict(page).waitFor();
        expect((await room.ask("GET", `/runs/${run}`)).body).toMatchObject({ live: false, pending: 0 });
        await shop.expectWhole();
      });

      test("halt in Settings stops what runs, and nothing starts until runs are allowed again", async () => {
        await using room = await openRoom(shop, long);
        const run = await startLocked(room, shop);
        const page = await watchers.visit(room, { path: "/settings" });
        const lever = page.getByRole("region", { name: "Safety lever" });
        await lever.getByRole("textbox").fill("an incident of ours");
        await lever.getByRole("button", { name: "Halt" }).click();
        await page.getByRole("button", { name: "Go back" }).click();
        expect(await shop.ordersAreLocked()).toBe(true);
        await lever.getByRole("button", { name: "Halt" }).click();
        await page.getByRole("alertdialog").getByRole("button", { name: "Halt" }).click();
        await lever.getByText("an incident of ours").waitFor();
        for await (const { type } of room.events(run)) if (type === "run-finished") break;
        await shop.expectWhole();

        await page.goto(`${room.url}/runs/${run}`);
        await verdict(page).waitFor();
        expect(await verdict(page).innerText()).toContain("an incident of ours");
        expect(await page.getByRole("alert").innerText()).toMatch(/no run may start on this machine.*an incident/);
        const asked = () => room.ask("POST", "/runs", { file: "config/shop.yaml" });
        expect((await asked()).body.code).toBe("halted");

        await page.goto(`${room.url}/settings`);
        await lever.getByRole("button", { name: "Allow runs again" }).click();
        await lever.getByRole("button", { name: "Halt" }).waitFor();
        await page.getByRole("alert").waitFor({ state: "detached" });
        const again = await startLocked(room, shop);
        await page.goto(`${room.url}/runs/${again}`);
        await stopIn(page);
        await verdict(page).waitFor();
        await shop.expectWhole();
      });

      test("a file is saved where it lies, and a new one under a name, in no other folder", async () => {
        await using room = await openRoom(shop, long);
        const onDisk = (name: string) => readFile(room.playground.path(name), "utf8");
        const page = await watchers.visit(room, { path: "/experiments/edit?file=config/shop.yaml" });
        const save = page.getByRole("button", { name: "Save", exact: true });
        await page.getByText("Valid: locked").waitFor();
        expect(await save.isDisabled()).toBe(true);
        const changed = long.replace("10m", "11m");
        await editor(page).fill(changed);
        await page.getByText("Not saved").waitFor();
        expect(await onDisk("config/shop.yaml")).toBe(long);
        await save.click();
        await page.getByText("Saved", { exact: true }).waitFor();
        expect(await onDisk("config/shop.yaml")).toBe(changed);
        await page.reload();
        await expect.poll(() => editor(page).innerText(), patient).toContain("duration: 11m");

        await page.goto(`${room.url}/experiments/edit`);
        await editor(page).fill(filled);
        await save.click();
        const form = page.locator("form");
        await form.getByLabel("File name").fill("../outside");
        await form.getByRole("button", { name: "Save" }).click();
        await page.getByRole("alert").waitFor();
        expect((await readdir(room.playground.folder)).toSorted()).toEqual(["config", "home", "shop.yaml"]);
        await form.getByLabel("File name").fill("another");
        await form.getByRole("button", { name: "Save" }).click();
        await page.waitForURL(/file=config(\/|%2F)another\.yaml/);
        await page.getByText("Saved", { exact: true }).waitFor();
        expect(await onDisk("config/another.yaml")).toBe(filled);
        await page.goto(`${room.url}/experiments`);
        await page.getByText("another.yaml").first().waitFor();
      });

      test("the pages of `npm run dev` work with the API of a room beside them", async () => {
        await using room = await openRoom(shop, long);
        const run = await startLocked(room, shop);
        const url = await serveDev(room);
        const page = await watchers.stranger();
        page.setDefaultTimeout(60_000);
        await page.goto(`${url}/runs/${run}`);
        const token = page.getByLabel("Token");
        await token.fill(room.token);
        await token.press("Enter");
        await page.getByText("Running now").waitFor();
        await logLines(page).filter({ hasText: "table_lock" }).first().waitFor();
        await stopIn(page);
        await verdict(page).waitFor();
        expect(new URL(page.url()).origin).toBe(url);
        expect((await room.ask("GET", `/runs/${run}`)).body).toMatchObject({ verdict: "halted", pending: 0 });
        await shop.expectWhole();
      });
    }),
  );
});

/** As `npm run dev -w apps/web`, on a port of its own. It is gone with the room. */
async function serveDev(room: Room): Promise<string> {
  const web = join(root, "apps/web");
  const vite = join(dirname(createRequire(join(web, "package.json")).resolve("vite/package.json")), "bin/vite.js");
  const port = String(await freePort());
  const words = [vite, web, "--config", join(web, "vite.config.ts"), "--host", "127.0.0.1", "--port", port];
  const dev = room.playground.start(words, { command: process.execPath, env: { VITE_API_URL: room.url } });
  await dev.printed("ready in");
  return `http://127.0.0.1:${port}`;
}
