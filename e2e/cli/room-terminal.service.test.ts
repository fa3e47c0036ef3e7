import { writeFile } from "node:fs/promises";
import { stripVTControlCharacters } from "node:util";
import { openStore } from "@chaos-agents/journal";
import { expect, test } from "vitest";
import { Playground, launcher } from "./chaos.ts";
import { expectRestored, leave, summaries } from "./room.fixture.ts";
import { TerminalScreen, keys } from "./terminal-screen.ts";

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
  const colour = /\u001b\[(?:38;5;\d+|3[0-7]|[12])m/;
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
  await screen.until(() => /^› ✔ plain 59 +Passed/.test(screen.lines[3]!), "the newest run first");
  screen.type(keys.end);
  await screen.shows(/› ! plain 0 +Deviated/);
  screen.type("/実験 passed");
  await screen.shows("3 found");
  await screen.until(() => /実験の名前 43 .*… +Passed +11-22/.test(screen.lines[4]!), "what was found");
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
