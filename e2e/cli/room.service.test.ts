import { readFile, readdir, writeFile } from "node:fs/promises";
import type { Event } from "@chaos-agents/core";
import { openStore } from "@chaos-agents/journal";
import stringWidth from "string-width";
import { expect, test } from "vitest";
import type { Playground } from "./chaos.ts";
import { type Shop, shopFile, withShop } from "./shop.ts";
import { leave, summaries } from "./room.fixture.ts";
import { TerminalScreen, keys } from "./terminal-screen.ts";

const observing = (event: Event) => event.type === "phase-started" && event.phase === "observe";
// Should a test be killed, what it left running ends by itself.
const file = shopFile({ "rush hour": { duration: "60s" } });

/** From the list to a run that goes on. */
async function startRun(screen: TerminalScreen): Promise<void> {
  await screen.shows("No run was made yet");
  screen.type("n");
  await screen.shows("› shop.yaml".replace(" ", "  "));
  screen.type(keys.enter);
  await screen.shows("a approve and start");
  screen.type("a");
  await screen.shows("Start rush hour?");
  screen.type("y");
  await screen.shows("● observe");
}

async function stopRun(screen: TerminalScreen): Promise<void> {
  screen.type("s");
  await screen.shows("Stop rush hour and put back what it changed?");
  screen.type("y");
}

async function killed(playground: Playground): Promise<string> {
  const running = playground.start(["run", "shop.yaml", "--json"]);
  const { run } = await running.event(observing);
  running.kill("SIGKILL");
  await running.ended;
  return run;
}

withShop((shop: Shop) => {
  test("an experiment is planned, approved, watched and stopped, and outside all is seen to happen", async () => {
    await using playground = await shop.playground(file);
    const screen = new TerminalScreen(playground);
    await screen.shows("No run was made yet");
    expect(screen.alternate).toBe(true);
    screen.type("n");
    await screen.shows("shop.yaml");
    screen.type(keys.enter);
    const plan = await screen.shows("a approve and start");
    expect(plan).toContain("undo: end the session that holds the lock");
    expect(await shop.ordersAreLocked()).toBe(false);
    screen.type("a");
    await screen.shows("Start rush hour?");
    screen.type("n");
    await screen.shows("Nothing was done.");
    expect(await summaries(playground)).toEqual([]);
    screen.type("a");
    await screen.shows("Start rush hour?");
    screen.type("y");
    const live = await screen.shows("● observe");
    expect(live).toMatch(/● {2}db\.table_lock +public\.orders +█+░+ {2}active, \d\d\.\ds left/);
    expect(live).toMatch(/fault +db\.insert_load +active/);
    expect(await shop.ordersAreLocked()).toBe(true);
    const [run] = await summaries(playground);
    expect(run).toMatchObject({ live: true, experiment: "rush hour" });

    await stopRun(screen);
    const ended = await screen.shows("! Halted  rush hour");
    await shop.expectWhole();
    expect(ended).toMatch(/Both\s+changes are undone/);
    const listed = JSON.parse((await playground.run(["runs", "--json"])).stdout) as object[];
    expect(listed).toMatchObject([{ run: run!.run, live: false, pending: 0, verdict: "halted" }]);
    const events = await Array.fromAsync(openStore(playground.home).events(run!.run));
    expect(events.filter(({ type }) => type === "undo-finished")).toHaveLength(2);

    screen.type(keys.end);
    await screen.shows(/What was seen of the faults\n.*db\.table_lock.*\n +backend \d+ holds ACCESS EXCLUSIVE/);
    screen.type(keys.tab);
    await screen.shows(/stop +halt/);
    screen.type("o");
    await screen.shows(`Written: chaos-report-${run!.run}.html in`);
    expect(await readFile(playground.path(`chaos-report-${run!.run}.html`), "utf8")).toContain("</html>");
    screen.type(keys.escape);
    await screen.shows(/EXPERIMENT[^]*rush hour +Halted/);
    await leave(screen);
    expect(await screen.running.ended).toMatchObject({ code: 0 });
  });

  test("a run of another process is live in the list, and stopped from there", async () => {
    await using playground = await shop.playground(file);
    const screen = new TerminalScreen(playground, { cols: 120, rows: 40 });
    await screen.shows("No run was made yet");
    const other = playground.start(["run", "shop.yaml", "--json"]);
    await other.event(observing);
    await screen.shows(/› ● rush hour +observe, 2 to undo/);
    await stopRun(screen);
    await screen.shows(/rush hour +Halted/);
    expect(await other.ended).toMatchObject({ code: 5 });
    expect(other.events).toContainEqual(expect.objectContaining({ type: "stop-requested", by: "halt" }));
    await shop.expectWhole();
    await leave(screen);
  });

  test("a run started here goes on when the view is left, and when its terminal is closed", async () => {
    await using playground = await shop.playground(file);
    const first = new TerminalScreen(playground);
    await startRun(first);
    await leave(first);
    expect(await summaries(playground)).toMatchObject([{ live: true }]);
    const second = new TerminalScreen(playground);
    await second.shows(/rush hour +observe/);
    second.running.kill("SIGKILL");
    await second.running.ended;
    await expect.poll(async () => await alive(await second.pid()), { timeout: 10_000 }).toBe(false);
    expect(await summaries(playground)).toMatchObject([{ live: true }]);
    expect(await shop.ordersAreLocked()).toBe(true);
    const third = new TerminalScreen(playground);
    await third.shows(/rush hour +observe/);
    third.type(keys.enter);
    await third.shows("Events");
    await stopRun(third);
    await third.shows("! Halted  rush hour");
    await shop.expectWhole();
    await leave(third);
  });

  test("what a killed run left is marked, and put back with r", async () => {
    await using playground = await shop.playground(file);
    const run = await killed(playground);
    const screen = new TerminalScreen(playground);
    await screen.shows(/✘ rush hour +killed, 2 to undo/);
    await screen.shows("1 to recover");
    screen.type(keys.enter);
    await screen.shows("Its process is gone and 2 changes are still there");
    await screen.shows("Unfinished");
    screen.type("r");
    await screen.shows("left behind (2 changes)?");
    screen.type("y");
    await screen.shows("Recovery has ended: all is put back");
    await screen.shows("Interrupted");
    await shop.expectWhole();
    expect(await openStore(playground.home).summary(run)).toMatchObject({ pending: 0, verdict: "interrupted" });
    await leave(screen);
  });

  test("a recovery that cannot be done says why", async () => {
    await using playground = await shop.playground(file);
    await killed(playground);
    const screen = new TerminalScreen(playground, { env: { DATABASE_URL: undefined } });
    await screen.shows(/rush hour +killed/);
    screen.type("r");
    await screen.shows("left behind (2 changes)?");
    screen.type("y");
    await screen.shows("Recovery ended with code 2: r tries again");
    await screen.shows("export DATABASE_URL");
    await leave(screen);
    expect(await playground.run(["recover", "--all"])).toMatchObject({ code: 0 });
    await shop.expectWhole();
  });

  test("H halts everything, nothing starts, and R lets it", async () => {
    await using playground = await shop.playground(file);
    const other = playground.start(["run", "shop.yaml", "--json"]);
    await other.event(observing);
    const screen = new TerminalScreen(playground);
    await screen.shows(/rush hour +observe/);
    screen.type("H");
    await screen.shows("Stop and undo EVERY run");
    screen.type("y");
    await screen.shows("HALTED by");
    expect(await other.ended).toMatchObject({ code: 5 });
    await shop.expectWhole();
    await screen.shows(/rush hour +Halted/);
    screen.type("n");
    await screen.shows("shop.yaml");
    screen.type(keys.enter);
    await screen.shows("a approve and start");
    screen.type("a");
    await screen.shows("Start rush hour?");
    screen.type("y");
    await screen.shows("It did not start:");
    await screen.shows("chaos resume");
    screen.type("R");
    await screen.shows("Let runs start again?");
    screen.type("y");
    await screen.until((text) => !text.includes("HALTED by"), "the end of the halt");
    expect(await openStore(playground.home).lever.read()).toBeNull();
    await leave(screen);
  });

  test("H also puts back what a killed run left, and leaves nothing to recover", async () => {
    await using playground = await shop.playground(file);
    const run = await killed(playground);
    const screen = new TerminalScreen(playground);
    await screen.shows("1 to recover");
    screen.type("H");
    await screen.shows("Stop and undo EVERY run");
    screen.type("y");
    await screen.shows("What killed runs left is put back.");
    await screen.shows(/rush hour +Interrupted/);
    expect(await openStore(playground.home).summary(run)).toMatchObject({ pending: 0, verdict: "interrupted" });
    await shop.expectWhole();
    await leave(screen);
  });

  test("a plan that is not there any more is not run", async () => {
    await using playground = await shop.playground(file);
    const screen = new TerminalScreen(playground);
    await screen.shows("No run was made yet");
    screen.type("n");
    await screen.shows("shop.yaml");
    screen.type(keys.enter);
    await screen.shows("a approve and start");
    await writeFile(playground.path("shop.yaml"), shopFile({ "rush hour": { duration: "60s", skills: ["insert"] } }));
    screen.type("a");
    await screen.shows("Start rush hour?");
    screen.type("y");
    await screen.shows("Refused");
    expect(await summaries(playground)).toMatchObject([{ verdict: "refused", pending: 0 }]);
    await shop.expectWhole();
    await leave(screen);
  });

  test("the screen follows its size, and no line is wider", async () => {
    await using playground = await shop.playground(file);
    const screen = new TerminalScreen(playground);
    await startRun(screen);
    for (const [cols, rows] of [
      [120, 40],
      [60, 15],
      [30, 8],
      [200, 50],
      [80, 24],
    ] as const) {
      await screen.resize(cols, rows);
      const rule = new RegExp(`^─{${cols}}$`, "m");
      await screen.until(
        (text) => rule.test(text) && (screen.lines[rows - 1] ?? "").includes("s stop"),
        `${cols}x${rows}`,
      );
      expect(screen.lines[0]).toContain("Chaos Agents");
      for (const line of screen.lines) expect(stringWidth(line)).toBeLessThanOrEqual(cols);
      if (cols >= 80) await screen.shows("db.insert_load");
    }
    await stopRun(screen);
    await screen.shows("! Halted  rush hour");
    await leave(screen);
    await shop.expectWhole();
  });
});

async function alive(pid: number): Promise<boolean> {
  return (await readdir("/proc")).includes(`${pid}`);
}
