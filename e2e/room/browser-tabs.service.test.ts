import { freePort } from "@chaos-agents/testkit";
import type { Page } from "playwright-core";
import { describe, expect, test } from "vitest";
import { shopFile, withShop } from "../cli/shop.ts";
import { logLines, openRoom, startLocked, stopButton, stopIn, verdict, withBrowser } from "./browser.ts";
import type { Room } from "./room.ts";

const patient = { timeout: 30_000 };
/** More than the six connections a browser has to one server. */
const many = 7;
const names = Array.from({ length: many }, (_, index) => `watched ${index + 1}`);
const long = shopFile({ locked: { duration: "10m", skills: ["lock"] } });
/** Runs that break nothing and ask often, so that every page has something to hear. */
const quiet = `experiments:
${names
  .map(
    (name) => `  - name: ${name}
    duration: 10m
    steady_state: [{ name: there, type: command, argv: ["true"], every: 500ms }]
`,
  )
  .join("")}`;

const tabs = async (first: Page, paths: readonly string[]): Promise<Page[]> => {
  const others = await Promise.all(
    paths.slice(1).map(async (url) => {
      const page = await first.context().newPage();
      await page.goto(url);
      return page;
    }),
  );
  return [first, ...others];
};
const phase = (page: Page) => page.getByRole("list", { name: "Phases" }).getByText("Observe");

describe("more tabs than a browser has connections", () => {
  withShop((shop) =>
    withBrowser((watchers) => {
      test("all of one run are live, and it is stopped in the last", async () => {
        await using room = await openRoom(shop, long);
        const run = await startLocked(room, shop);
        const first = await watchers.visit(room, { path: `/runs/${run}` });
        const pages = await tabs(first, Array(many).fill(first.url()));
        await Promise.all(pages.map((page) => phase(page).waitFor()));
        await stopIn(pages.at(-1)!);
        await Promise.all(pages.map((page) => verdict(page).waitFor()));
        const said = await Promise.all(pages.map((page) => logLines(page).allInnerTexts()));
        for (const lines of said) expect(lines).toEqual(said[0]);
        await shop.expectWhole();
      });

      test("each with a run of its own is live, and each is stopped there", async () => {
        await using room = await openRoom(shop, quiet, ["--at-once", String(many)]);
        const runs = await Promise.all(names.map((name) => start(room, name)));
        const first = await watchers.visit(room, { path: `/runs/${runs[0]}` });
        const pages = await tabs(
          first,
          runs.map((run) => `${room.url}/runs/${run}`),
        );
        await Promise.all(pages.map((page) => phase(page).waitFor()));
        // all of them go on
        const asked = (page: Page) =>
          page.getByRole("region", { name: "Steady state" }).getByText("within tolerance").last().innerText();
        const before = await Promise.all(pages.map(asked));
        await Promise.all(pages.map((page, index) => expect.poll(() => asked(page), patient).not.toBe(before[index])));
        await stopIn(pages.at(-1)!);
        await verdict(pages.at(-1)!).waitFor();
        expect((await room.ask("GET", `/runs/${runs.at(-1)}`)).body).toMatchObject({ verdict: "halted" });
        for (const page of pages.slice(0, -1)) {
          expect(await stopButton(page).innerText()).toBe("Stop");
          await stopIn(page);
          await verdict(page).waitFor();
        }
      });

      test("tabs that were cut off together come back together, and lack nothing", async () => {
        await using room = await openRoom(shop, long, ["--port", String(await freePort())]);
        const run = await startLocked(room, shop);
        const first = await watchers.visit(room, { path: `/runs/${run}` });
        const pages = await tabs(first, Array(3).fill(first.url()));
        await Promise.all(pages.map((page) => phase(page).waitFor()));
        await room.kill();
        await Promise.all(pages.map((page) => page.getByText("Cut off from the server").waitFor()));
        await room.restart();
        await Promise.all(
          pages.map((page) => page.getByText("Cut off from the server").waitFor({ ...patient, state: "detached" })),
        );
        await stopIn(pages[1]!);
        await Promise.all(pages.map((page) => verdict(page).waitFor()));
        const said = await Promise.all(pages.map((page) => logLines(page).allInnerTexts()));
        for (const lines of said) expect(lines).toEqual(said[0]);
        await shop.expectWhole();
      });
    }),
  );
});

async function start(room: Room, experiment: string): Promise<string> {
  const { status, body } = await room.ask("POST", "/runs", { file: "config/shop.yaml", experiment });
  expect([status, body.message]).toEqual([202, undefined]);
  const { run } = body.jobs[0] as { run: string };
  for await (const event of room.events(run))
    if (event.type === "phase-started" && event.phase === "observe") return run;
  throw new Error(`${run} ended before it was watched`);
}
