import { cpSync, mkdirSync, readdirSync, rmSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { type Clock, systemClock } from "@chaos-agents/core";
import { afterEach, beforeEach, expect, test } from "vitest";
import { makeHome } from "./fixtures/home.ts";
import { asItIs, finished, header, note, undo } from "./fixtures/samples.ts";
import { openStore } from "./index.ts";
import { emptyState } from "./run-state.ts";
import { SealedTable } from "./sealed-table.ts";

let home: Awaited<ReturnType<typeof makeHome>>;
beforeEach(async () => {
  home = await makeHome();
});
afterEach(() => home[Symbol.asyncDispose]());

const dir = (run: string) => join(home.path, "runs", run);

async function finishedRun(run: string, startedAt = 1_000) {
  await using journal = await openStore(home.path).create(header(run, { startedAt }), { redact: asItIs });
  await journal.append({ type: "phase-started", phase: "inject" });
  await journal.append(note("it broke"));
  await journal.append(finished);
}

test("an empty home has no runs, and looking does not make one", async () => {
  const store = openStore(join(home.path, "nothing"));
  expect(await store.list()).toEqual([]);
  expect(readdirSync(home.path)).toEqual([]);
});

test.each(["r2", "..", "../runs/r1", ".new-r1", "", "r1\0"])("there is no run %j", async (run) => {
  await finishedRun("r1");
  const store = openStore(home.path);
  for (const call of [store.open(run), store.summary(run), store.header(run), store.entries(run)]) {
    await expect(call).rejects.toMatchObject({ code: "unknown-run" });
  }
  expect(() => store.events(run)).toThrow(`There is no run ${run}`);
});

test("runs are listed newest first, each as its last events say", async () => {
  await finishedRun("r1", 1_000);
  await finishedRun("r3", 3_000);
  const store = openStore(home.path);
  await using journal = await store.create(header("r2", { startedAt: 2_000 }), { redact: asItIs });
  await journal.append({ type: "phase-started", phase: "undo" });
  await journal.record(undo({}));
  const list = await store.list();
  const done = { experiment: "shop under load", verdict: "passed", phase: "inject", live: false, pending: 0 };
  expect(list).toMatchObject([
    { run: "r3", startedAt: 3_000, finishedAt: expect.any(Number), ...done, damaged: null },
    { run: "r2", finishedAt: null, verdict: null, phase: "undo", live: true, pending: 1, damaged: null },
    { run: "r1", startedAt: 1_000, ...done, damaged: null },
  ]);
});

test("looking at a finished run adds no file, and a clean run keeps none it does not need", async () => {
  await finishedRun("r1");
  const store = openStore(home.path);
  await store.list();
  await Array.fromAsync(store.events("r1", { follow: true }));
  expect(readdirSync(dir("r1")).sort()).toEqual(["journal.db", "lock.db"]);
});

test("a run being created is never seen unlocked or half made", async () => {
  const store = openStore(home.path);
  const creating = Array.from({ length: 10 }, (_, n) => store.create(header(`r${n}`), { redact: asItIs }));
  const made = new AbortController();
  const all = Promise.all(creating).finally(() => made.abort());
  while (!made.signal.aborted) {
    for (const { live, damaged } of await store.list())
      expect({ live, damaged }).toEqual({ live: true, damaged: null });
    await new Promise(setImmediate);
  }
  for (const journal of await all) await journal[Symbol.asyncDispose]();
  expect(await store.list()).toHaveLength(10);
});

test("a name is given once, and what a killed creation left is removed later", async () => {
  await finishedRun("r1");
  for (const [name, age] of [
    [".new-old", 7_200],
    [".new-fresh", 0],
  ] as const) {
    mkdirSync(dir(name));
    utimesSync(dir(name), new Date(), Date.now() / 1_000 - age);
  }
  const again = openStore(home.path).create(header("r1"), { redact: asItIs });
  await expect(again).rejects.toMatchObject({ code: "internal", message: expect.stringContaining("not empty") });
  expect(readdirSync(join(home.path, "runs")).sort()).toEqual([".new-fresh", "r1"]);
  expect(await openStore(home.path).summary("r1")).toMatchObject({ verdict: "passed" });
});

test("secrets are in a private file until they are forgotten, and nowhere else", async () => {
  const store = openStore(home.path);
  const secrets = { "1": "hunter2hunter2" };
  const source = { connection_url: "postgres://u:${secret:1}@db/shop" };
  await using journal = await store.create(header("r1", { secrets, source }), { redact: asItIs });
  const file = join(dir("r1"), "secrets.json");
  expect(statSync(file).mode & 0o777).toBe(0o600);
  expect(statSync(dir("r1")).mode & 0o777).toBe(0o700);
  expect(await store.header("r1")).toEqual(header("r1", { secrets, source }));
  // What a kill between writing and renaming would leave.
  writeFileSync(`${file}.0815`, "hunter2hunter2");
  await journal.forgetSecrets();
  await journal.forgetSecrets();
  expect(readdirSync(dir("r1")).filter((name) => name.startsWith("secrets"))).toEqual([]);
  expect(await store.header("r1")).toEqual(header("r1", { source }));
  expect(journal.header.secrets).toEqual({});
});

test("a run opened again hides the secrets it knows", async () => {
  const store = openStore(home.path);
  const first = await store.create(header("r1", { secrets: { "1": "hunter2hunter2" } }), { redact: asItIs });
  await first[Symbol.asyncDispose]();
  await using journal = await store.open("r1");
  expect(await journal.append(note("refused hunter2hunter2"))).toMatchObject({ message: "refused ***" });
});

test("damaged secrets are named, never quoted", async () => {
  await finishedRun("r1");
  writeFileSync(join(dir("r1"), "secrets.json"), '{"1": hunter2hunter2}');
  const reading = openStore(home.path).header("r1");
  await expect(reading).rejects.toMatchObject({
    code: "journal-damaged",
    message: expect.not.stringContaining("hunter"),
  });
});

test("events resume after a given one", async () => {
  await using journal = await openStore(home.path).create(header("r1"), { redact: asItIs });
  await Promise.all(Array.from({ length: 1_203 }, (_, n) => journal.append(note(String(n)))));
  const seqs = async (after: number) =>
    (await Array.fromAsync(openStore(home.path).events("r1", { after }))).map(({ seq }) => seq);
  expect(await seqs(0)).toEqual(Array.from({ length: 1_203 }, (_, n) => n + 1));
  expect(await seqs(1_201)).toEqual([1_202, 1_203]);
  expect(await seqs(1_203)).toEqual([]);
  expect(await seqs(9_999)).toEqual([]);
});

/** A clock on which waiting runs what the test has to say meanwhile. */
const waitingRuns = (meanwhile: () => Promise<unknown>): Clock => ({
  ...systemClock,
  sleep: async () => void (await meanwhile()),
});

test("following sees each event once it is committed, and ends with the run", async () => {
  const store = openStore(home.path);
  const journal = await store.create(header("r1"), { redact: asItIs });
  // The engine may have more to say after the verdict, as long as it holds the run.
  const meanwhile = [
    () => journal.append(note("one")),
    () => Promise.all([journal.append(note("two")), journal.append(finished)]),
    () => journal.append(note("three")),
    () => journal[Symbol.asyncDispose](),
  ];
  const clock = waitingRuns(async () => meanwhile.shift()!());
  const followed = await Array.fromAsync(openStore(home.path, clock).events("r1", { follow: true }));
  expect(followed).toMatchObject([
    { message: "one" },
    { message: "two" },
    { type: "run-finished" },
    { message: "three" },
  ]);
  expect(meanwhile).toEqual([]);
});

test("following goes on over a crash, to the end of the recovery", async () => {
  const store = openStore(home.path);
  const crashed = await store.create(header("r1"), { redact: asItIs });
  await crashed[Symbol.asyncDispose]();
  const clock = waitingRuns(async () => {
    await using journal = await store.open("r1");
    await journal.append(finished);
  });
  const followed = await Array.fromAsync(openStore(home.path, clock).events("r1", { follow: true }));
  expect(followed).toMatchObject([{ seq: 1, type: "run-finished" }]);
});

test("following looks again within 100 ms", async () => {
  const stop = new AbortController();
  const slept: number[] = [];
  const clock: Clock = {
    ...systemClock,
    async sleep(ms) {
      slept.push(ms);
      stop.abort();
    },
  };
  await using _journal = await openStore(home.path).create(header("r1"), { redact: asItIs });
  await Array.fromAsync(openStore(home.path, clock).events("r1", { follow: true, signal: stop.signal }));
  expect(Math.max(...slept)).toBeLessThanOrEqual(100);
});

test("following ends when it is aborted, asleep or awake", async () => {
  const stop = new AbortController();
  const clock: Clock = {
    ...systemClock,
    sleep(ms, signal) {
      stop.abort();
      return systemClock.sleep(ms, signal);
    },
  };
  const store = openStore(home.path, clock);
  await using journal = await store.create(header("r1"), { redact: asItIs });
  await journal.append(note("one"));
  expect(await Array.fromAsync(store.events("r1", { follow: true, signal: stop.signal }))).toHaveLength(1);
  expect(await Array.fromAsync(store.events("r1", { follow: true, signal: stop.signal }))).toEqual([]);
});

test("a journal of a newer chaos is refused with the version that reads it", async () => {
  await finishedRun("newer-format");
  await finishedRun("newer-event");
  {
    using db = new DatabaseSync(join(dir("newer-format"), "journal.db"));
    db.exec(`PRAGMA user_version = 2; UPDATE state SET json = '{"version":"7.1.0","more":[]}'`);
  }
  {
    using db = new DatabaseSync(join(dir("newer-event"), "journal.db"));
    new SealedTable(db, "event").put(2, { v: 2, run: "newer-event", seq: 2, at: 5, type: "sang" });
    new SealedTable(db, "state").put(1, { ...emptyState, version: "7.1.0", events: 3 });
  }
  const refused = {
    code: "journal-damaged",
    message: expect.stringContaining("chaos 7.1.0"),
    remedy: "Use chaos 7.1.0 or newer for this run",
    facts: { needs: "7.1.0" },
  };
  const store = openStore(home.path);
  await expect(store.open("newer-format")).rejects.toMatchObject(refused);
  await expect(store.entries("newer-format")).rejects.toMatchObject(refused);
  expect((await store.summary("newer-format")).damaged).toContain("7.1.0");
  await expect(Array.fromAsync(store.events("newer-event"))).rejects.toMatchObject(refused);
  expect(await store.summary("newer-event")).toMatchObject({ damaged: null });
});

test("whatever lies among the runs, the others are listed", async () => {
  await finishedRun("good");
  for (const run of ["empty", "no-lock", "no-journal", "garbage", "zero"])
    cpSync(dir("good"), dir(run), { recursive: true });
  rmSync(dir("empty"), { recursive: true });
  mkdirSync(dir("empty"));
  rmSync(join(dir("no-lock"), "lock.db"));
  rmSync(join(dir("no-journal"), "journal.db"));
  writeFileSync(join(dir("garbage"), "journal.db"), "not a database, but long enough to look like one".repeat(100));
  writeFileSync(join(dir("garbage"), "lock.db"), "nor this".repeat(1_000));
  writeFileSync(join(dir("zero"), "journal.db"), "");
  writeFileSync(join(home.path, "runs", "a-file"), "");
  const store = openStore(home.path);
  const list = (await store.list()).sort((a, b) => a.run.localeCompare(b.run));
  expect(list.map(({ run, damaged }) => [run, damaged === null ? "good" : "damaged"])).toEqual([
    ["empty", "damaged"],
    ["garbage", "damaged"],
    ["good", "good"],
    ["no-journal", "damaged"],
    ["no-lock", "good"],
    ["zero", "damaged"],
  ]);
  for (const { run, damaged } of list) {
    if (damaged === null) await (await store.open(run))[Symbol.asyncDispose]();
    else await expect(store.open(run)).rejects.toMatchObject({ code: "journal-damaged" });
    if (damaged !== null) expect(damaged).toContain(dir(run));
  }
});
