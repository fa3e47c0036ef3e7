import { existsSync } from "node:fs";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { join } from "node:path";
import { findProgram } from "@chaos-agents/testkit";
import { type Browser, type BrowserContext, chromium, type Locator, type Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { root } from "../cli/chaos.ts";
import type { Shop } from "../cli/shop.ts";
import { Room } from "./room.ts";

const program = findProgram("chromium", "chromium-browser", "google-chrome");
const axe = createRequire(import.meta.url).resolve("axe-core/axe.min.js");
export const screenshots = join(root, "artifacts/control-room");
export const schemes = ["light", "dark"] as const;
export const widths = [390, 1440] as const;

/** Why no browser can look at the room here; undefined where one can. */
export function browserMissing(): string | undefined {
  if (!program) return "Chromium is not installed (Debian package chromium)";
  if (!existsSync(join(root, "apps/web/dist/index.html")))
    return "the web app is not built (npm run build -w apps/web)";
  return undefined;
}

export interface Visit {
  path?: string;
  width?: (typeof widths)[number];
  scheme?: (typeof schemes)[number];
}

/** One Chromium for a file. Everyone who looks has a profile of their own, and an error in a page fails the test. */
export class Watchers {
  #browser: Browser | undefined;
  #contexts: BrowserContext[] = [];
  #errors: Error[] = [];

  async open(): Promise<void> {
    await mkdir(screenshots, { recursive: true });
    this.#browser = await chromium.launch({ executablePath: program!, args: ["--no-sandbox"] });
  }

  async close(): Promise<void> {
    await this.#browser?.close();
  }

  /** Somebody who is not logged in. */
  async stranger({ width = 1440, scheme = "light" }: Visit = {}): Promise<Page> {
    const context = await this.#browser!.newContext({
      viewport: { width, height: width === 390 ? 844 : 900 },
      colorScheme: scheme,
      reducedMotion: "reduce",
    });
    this.#contexts.push(context);
    context.setDefaultTimeout(20_000);
    context.on("weberror", (error) => this.#errors.push(error.error()));
    return await context.newPage();
  }

  /** Somebody who followed the link that the server printed. */
  async visit(room: Room, wanted: Visit = {}): Promise<Page> {
    const page = await this.stranger(wanted);
    await page.goto(`${room.url}/?token=${room.token}`);
    if (wanted.path !== undefined) await page.goto(`${room.url}${wanted.path}`);
    return page;
  }

  async leave(): Promise<void> {
    await Promise.all(this.#contexts.splice(0).map((context) => context.close()));
    expect(this.#errors.splice(0)).toEqual([]);
  }
}

/** Declares tests that need a browser; says why they are skipped where there can be none. */
export function withBrowser(body: (watchers: Watchers) => void): void {
  const missing = browserMissing();
  if (missing && process.env["CI"] === "true") throw new Error(missing);
  if (missing) return test.skip(missing);
  const watchers = new Watchers();
  describe("in Chromium", () => {
    beforeAll(() => watchers.open());
    afterAll(() => watchers.close());
    afterEach(() => watchers.leave());
    body(watchers);
  });
}

export const stopButton = (page: Page): Locator => page.getByRole("button", { name: /^(Stop|Sending stop|Stopping)$/ });
export const verdict = (page: Page): Locator => page.getByRole("region", { name: "Verdict" });
export const logLines = (page: Page): Locator => page.getByRole("region", { name: "Event log" }).getByRole("listitem");

export async function stopIn(page: Page): Promise<void> {
  await stopButton(page).click();
  await page.getByRole("button", { name: "Stop and undo" }).click();
}

/** What axe finds that shuts somebody out, in words. */
export async function barriers(page: Page): Promise<string[]> {
  await page.evaluate(await readFile(axe, "utf8"));
  const found = await page.evaluate<{ violations: Violation[] }>(`axe.run({ resultTypes: ["violations"] })`);
  return found.violations
    .filter(({ impact }) => impact === "serious" || impact === "critical")
    .map(({ id, help, nodes }) => `${id}: ${help}\n${nodes.map(({ target }) => `  ${target.join(" ")}`).join("\n")}`);
}

interface Violation {
  id: string;
  impact: string;
  help: string;
  nodes: { target: string[] }[];
}

/** How much wider the page is than what shows it. */
export const overflow = (page: Page): Promise<number> =>
  page.evaluate<number>("document.scrollingElement.scrollWidth - document.scrollingElement.clientWidth");

/** Opens a room with `config/shop.yaml` in it. */
export async function openRoom(shop: Shop, file: string, words: readonly string[] = []): Promise<Room> {
  const playground = await shop.playground(file);
  await mkdir(playground.path("config"));
  await writeFile(playground.path("config/shop.yaml"), file);
  return await Room.open(playground, words);
}

/** Starts the first experiment of `config/shop.yaml`, and waits until orders are locked. */
export async function startLocked(room: Room, shop: Shop): Promise<string> {
  const { status, body } = await room.ask("POST", "/runs", { file: "config/shop.yaml" });
  expect([status, body.message]).toEqual([202, undefined]);
  const { run } = body.jobs[0] as { run: string };
  for await (const { type } of room.events(run))
    if (type === "fault-witnessed" && (await shop.ordersAreLocked())) return run;
  throw new Error(`${run} ended without a lock`);
}
