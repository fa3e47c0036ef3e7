import { readFile, readdir, writeFile } from "node:fs/promises";
import { stripVTControlCharacters } from "node:util";
import type { Event } from "@chaos-agents/core";
import { openStore } from "@chaos-agents/journal";
import stringWidth from "string-width";
import { expect, test } from "vitest";
import { Playground, launcher } from "./chaos.ts";
import { type Shop, shopFile, withShop } from "./shop.ts";
import { TerminalScreen, keys } from "./terminal-screen.ts";

const observing = (event: Event) => event.type === "phase-started" && event.phase === "observe";
// Should a test be killed, what it left running ends by itself.
const file = shopFile({ "rush hour": { duration: "60s" } });

const summaries = (playground: Playground) => openStore(playground.home).list();

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

async function leave(screen: TerminalScreen): Promise<void> {
  screen.type("q");
  await screen.shows("END");
  expectRestored(screen);
}

function expectRestored(screen: TerminalScreen): void {
  expect(screen.alternate).toBe(false);
  expect(screen.lines[0]).toBe("BEFORE");
  expect(screen.text).toContain("AS BEFORE");
  expect(screen.raw.lastIndexOf("\u001b[?25h")).toBeGreaterThan(screen.raw.lastIndexOf("\u001b[?25l"));
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

const quiet = `experiments:
  - name: quiet
    target: database
    target_config: { connection_url: "postgres://nobody@127.0.0.1:1/none", db_type: postgres }
    duration: 1s
    skills: []
`;

/** Nothing is broken, and no server is needed. */
async function quietPlace(): Promise<Playground> {
  const playground = await Playground.open();
  await writeFile(playground.path("quiet.yaml"), quiet);
  return playground;
}

test.for([
  { signal: "SIGINT", code: 130 },
  { signal: "SIGTERM", code: 143 },
  { signal: "SIGHUP", code: 129 },
] as const)("$signal gives the terminal back", async ({ signal, code }) => {
  await using playground = await quietPlace();
  const screen = new TerminalScreen(playground);
  await screen.shows("No run was made yet");
  process.kill(await screen.pid(), signal);
  await screen.shows("END");
  expectRestored(screen);
  expect(screen.text).toContain(`AFTER ${code}`);
});

test("Ctrl-C leaves as q does", async () => {
  await using playground = await quietPlace();
  const screen = new TerminalScreen(playground);
  await screen.shows("No run was made yet");
  // Until keys are read one by one, the terminal itself makes a signal of it.
  screen.type("?");
  await screen.shows("Help");
  screen.type(keys.ctrlC);
  await screen.shows("END");
  expectRestored(screen);
  expect(screen.text).toContain("AFTER 0");
});

test("an error that nobody caught gives the terminal back, and is told on it", async () => {
  await using playground = await quietPlace();
  const trap = playground.path("trap.mjs");
  await writeFile(trap, `process.on("SIGUSR2", () => setImmediate(() => { throw new Error("boom") }));`);
  const screen = new TerminalScreen(playground, { env: { NODE_OPTIONS: `--import=${trap}` } });
  await screen.shows("No run was made yet");
  process.kill(await screen.pid(), "SIGUSR2");
  await screen.shows("END");
  expectRestored(screen);
  expect(screen.text).toContain("error: boom");
  expect(screen.text).toContain("AFTER 1");
});

test("a file that cannot be run says why, and nothing starts", async () => {
  await using playground = await quietPlace();
  await writeFile(playground.path("quiet.yaml"), quiet.replace("duration", "duraton"));
  const screen = new TerminalScreen(playground);
  await screen.shows("No run was made yet");
  screen.type("n");
  await screen.shows("quiet.yaml");
  screen.type(keys.enter);
  await screen.shows("It cannot be run:");
  await screen.shows('did you mean "duration"?');
  screen.type("a");
  screen.type(keys.escape);
  await screen.shows("Which file?");
  expect(await summaries(playground)).toEqual([]);
  await leave(screen);
});

test("colours only where they are wanted, and ASCII where there is nothing else", async () => {
  await using playground = await quietPlace();
  const coloured = new TerminalScreen(playground);
  await coloured.shows("No run was made yet");
  await leave(coloured);
  // oxlint-disable-next-line no-control-regex
  const colour = /\u001b\[\d*(?:3[0-7]|[12])m/;
  expect(coloured.raw).toMatch(colour);
  const plain = new TerminalScreen(playground, { env: { NO_COLOR: "1", LANG: "C" } });
  await plain.shows("Chaos Agents > Runs");
  await plain.shows("No run was made yet");
  await leave(plain);
  expect(plain.raw).not.toMatch(colour);
  expect(stripVTControlCharacters(plain.raw)).toMatch(/^[\t-~]*$/);
});

test("help is printed where the whole screen cannot be drawn on", async () => {
  await using playground = await quietPlace();
  const piped = await playground.run([]);
  expect(piped.stderr + piped.stdout).toContain("Usage: chaos");
  const dumb = new TerminalScreen(playground, { env: { TERM: "dumb" }, rows: 60 });
  await dumb.shows("Usage: chaos");
  await dumb.shows("END");
  expect(dumb.raw).not.toContain("\u001b[?1049h");
  const onlyOut = new TerminalScreen(playground, { rows: 60, args: "< /dev/null" });
  await onlyOut.shows("Usage: chaos");
  await onlyOut.shows("END");
});

test("a search finds among many, wide names do not break the table", async () => {
  await using playground = await quietPlace();
  const store = openStore(playground.home);
  for (let index = 0; index < 60; index++) {
    const experiment = index % 20 === 3 ? `実験の名前 ${index} ${"長い".repeat(40)}` : `plain ${index}`;
    const run = `20261122-1000${String(index).padStart(2, "0")}-aaaaaa`;
    const header = { run, experiment, source: {}, secrets: {}, startedAt: Date.UTC(2026, 10, 22, 10, 0, index) };
    await using journal = await store.create(header, { redact: (text) => text });
    await journal.append({ type: "run-finished", verdict: index % 2 ? "passed" : "deviated", reason: "", left: [] });
  }
  const screen = new TerminalScreen(playground);
  await screen.shows("60 runs");
  expect(screen.lines[3]).toMatch(/^› ✔ plain 59 +Passed/);
  screen.type(keys.end);
  await screen.shows(/› ! plain 0 +Deviated/);
  screen.type("/実験 passed");
  await screen.shows("3 found");
  expect(screen.lines[4]).toMatch(/実験の名前 43 .*… +Passed +2026-11-22/);
  screen.type(keys.enter);
  await screen.shows("3 found");
  screen.type(keys.escape);
  await screen.shows("plain 1 ");
  await leave(screen);
});

test("no other command loads the view", async () => {
  await using playground = await quietPlace();
  const { code, stderr } = await playground.run(["-c", `${launcher} runs`], {
    command: "sh",
    env: { NODE_DEBUG: "esm" },
  });
  expect(code).toBe(0);
  expect(stderr).toContain("commander");
  expect(stderr).not.toMatch(/node_modules\/(?:ink|react|yoga-layout)\//);
});
