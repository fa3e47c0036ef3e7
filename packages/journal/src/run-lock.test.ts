import { readdirSync, readlinkSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { startChild } from "./fixtures/child.ts";
import { makeHome } from "./fixtures/home.ts";
import { asItIs, finished, header, note } from "./fixtures/samples.ts";
import { openStore } from "./index.ts";
import { isLocked, tryLock } from "./run-lock.ts";

// Many syncs, on a disk that may be busy.
vi.setConfig({ testTimeout: 60_000 });

let home: Awaited<ReturnType<typeof makeHome>>;
beforeEach(async () => {
  home = await makeHome();
});
afterEach(() => home[Symbol.asyncDispose]());

async function crashedRun(run: string) {
  await using journal = await openStore(home.path).create(header(run), { redact: asItIs });
  await journal.append(note("then it died"));
}

test("a lock is seen by its own process, and asking does not drop it", () => {
  const path = join(home.path, "lock.db");
  expect(isLocked(path)).toBe(false);
  {
    using lock = tryLock(path);
    expect(lock).toBeDefined();
    for (let ask = 0; ask < 50; ask++) expect(isLocked(path)).toBe(true);
    expect(tryLock(path)).toBeUndefined();
    expect(isLocked(path)).toBe(true);
  }
  expect(isLocked(path)).toBe(false);
  expect(readdirSync(home.path)).toEqual(["lock.db"]);
});

/** Our descriptors below `home`: other tests may be at work in this process. */
function openHere(): string[] {
  return readdirSync("/proc/self/fd").flatMap((fd) => {
    try {
      const file = readlinkSync(join("/proc/self/fd", fd));
      return file.startsWith(home.path) ? [file] : [];
    } catch {
      // closed since
      return [];
    }
  });
}

test("asking leaves no descriptors behind", { skip: process.platform !== "linux" }, () => {
  const path = join(home.path, "lock.db");
  using _lock = tryLock(path);
  isLocked(path);
  const before = openHere();
  expect(before.length).toBeGreaterThan(0);
  for (let ask = 0; ask < 20; ask++) isLocked(path);
  expect(openHere()).toEqual(before);
});

test("of processes that open the same run one gets it, and its death frees the run", async () => {
  await crashedRun("r1");
  const store = openStore(home.path);
  await using a = startChild("open-and-hold", [home.path, "r1"]);
  await using b = startChild("open-and-hold", [home.path, "r1"]);
  await using c = startChild("open-and-hold", [home.path, "r1"]);
  const children = [a, b, c];
  const said = await Promise.all(children.map(async (child) => (await child.lines.next()).value));
  expect(said.filter((word) => word === "held")).toHaveLength(1);
  expect(said.filter((word) => word === "run-locked")).toHaveLength(2);
  expect(await store.summary("r1")).toMatchObject({ live: true, damaged: null });
  await expect(store.open("r1")).rejects.toMatchObject({ code: "run-locked" });

  const holder = children[said.indexOf("held")]!;
  await holder[Symbol.asyncDispose]();
  expect(await store.summary("r1")).toMatchObject({ live: false, damaged: null });
  await using journal = await store.open("r1");
  await journal.append(finished);
});

test("two recoveries are never inside together", async () => {
  await crashedRun("r1");
  await using a = startChild("look-and-open", [home.path, "r1", "30"]);
  await using b = startChild("look-and-open", [home.path, "r1", "30"]);
  const met = await Promise.all([a, b].map(async (child) => JSON.parse((await child.lines.next()).value)));
  const held = met.reduce((sum, each) => sum + (each.held ?? 0), 0);
  for (const each of met) expect((each.held ?? 0) + (each["run-locked"] ?? 0)).toBe(30);
  expect(await Array.fromAsync(openStore(home.path).events("r1"))).toHaveLength(1 + held);
});

test("those who only look never keep a run from being opened", async () => {
  await crashedRun("r1");
  await using looking = startChild("look-until-killed", [home.path]);
  await looking.lines.next();
  const store = openStore(home.path);
  for (let round = 0; round < 30; round++) {
    await using journal = await store.open("r1");
    await journal.append(note("again"));
  }
  expect(await store.summary("r1")).toMatchObject({ damaged: null });
});
