import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { ChaosError } from "@chaos-agents/core";
import type { JournalStore } from "@chaos-agents/engine";
import * as fc from "fast-check";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { makeHome } from "./fixtures/home.ts";
import { asItIs, finished, header, note, undo, undoFinished } from "./fixtures/samples.ts";
import { openStore } from "./index.ts";

// Many syncs, on a disk that may be busy.
vi.setConfig({ testTimeout: 60_000 });

let home: Awaited<ReturnType<typeof makeHome>>;
let store: JournalStore;
let closed: Copy;
let killed: Copy;
let whole: Awaited<ReturnType<typeof look>>;

interface Copy {
  journal: Buffer;
  wal: Buffer | undefined;
}

const dir = (run: string) => join(home.path, "runs", run);

async function damagedOr<T>(read: () => Promise<T> | T): Promise<T | "damaged"> {
  try {
    return await read();
  } catch (error) {
    expect(error).toBeInstanceOf(ChaosError);
    expect(error).toMatchObject({ code: "journal-damaged", remedy: expect.any(String) });
    return "damaged";
  }
}

async function look(run: string) {
  const summary = await store.summary(run);
  return {
    summary: summary.damaged === null ? { ...summary, run: "" } : "damaged",
    header: await damagedOr(async () => ({ ...(await store.header(run)), run: "" })),
    entries: await damagedOr(() => store.entries(run)),
    events: await damagedOr(() => Array.fromAsync(store.events(run))),
  };
}

/** Another process copies: closing a database file here would drop the locks that this process has on it. */
function copyOf(run: string, withWal: boolean): Copy {
  const read = (name: string) => execFileSync("cat", [join(dir(run), name)], { maxBuffer: 1 << 24 });
  return { journal: read("journal.db"), wal: withWal ? read("journal.db-wal") : undefined };
}

function put(run: string, { journal, wal }: Copy): void {
  rmSync(dir(run), { recursive: true, force: true });
  mkdirSync(dir(run));
  writeFileSync(join(dir(run), "journal.db"), journal);
  if (wal) writeFileSync(join(dir(run), "journal.db-wal"), wal);
}

beforeAll(async () => {
  home = await makeHome();
  store = openStore(home.path);
  {
    await using journal = await store.create(header("good"), { redact: asItIs });
    for (let n = 1; n <= 12; n++) {
      await journal.append(note(`step ${n}`));
      await journal.record(undo({ rows: "x".repeat(n * 700) }));
      if (n % 3 === 0) await journal.revise(n, { rows: "y".repeat(n * 900) });
      if (n % 4 === 0) await journal.settle(n, "undone", undoFinished(n, "undone"));
    }
    await journal.append(finished);
    killed = copyOf("good", true);
  }
  closed = copyOf("good", false);
  whole = await look("good");
});
afterAll(() => home[Symbol.asyncDispose]());

const flip = fc.record({
  at: fc.double({ min: 0, max: 0.999_999, noNaN: true }),
  bits: fc.integer({ min: 1, max: 255 }),
});
const harm = fc.oneof(
  { weight: 4, arbitrary: fc.record({ flips: fc.array(flip, { minLength: 1, maxLength: 4 }), keep: fc.constant(1) }) },
  { weight: 1, arbitrary: fc.record({ flips: fc.constant([]), keep: fc.double({ min: 0, max: 1, noNaN: true }) }) },
);
type Harm = typeof harm extends fc.Arbitrary<infer T> ? T : never;

function harmed(bytes: Buffer, { flips, keep }: Harm): Buffer {
  const copy = Buffer.from(bytes.subarray(0, Math.floor(bytes.length * keep)));
  for (const { at, bits } of flips) copy[Math.floor(at * copy.length)]! ^= bits;
  return copy;
}

/** Each view of a run is what it was, or said to be damaged: never something else. */
function expectWholeOrDamaged(seen: typeof whole): void {
  for (const view of ["summary", "header", "entries", "events"] as const) {
    if (seen[view] !== "damaged") expect(seen[view]).toEqual(whole[view]);
  }
}

test("a journal with any bytes changed or cut off is read right or called damaged", async () => {
  let noticed = 0;
  await fc.assert(
    fc.asyncProperty(harm, async (harm) => {
      put("bad", { journal: harmed(closed.journal, harm), wal: undefined });
      const seen = await look("bad");
      expectWholeOrDamaged(seen);
      noticed += Object.values(seen).includes("damaged") ? 1 : 0;
      expect((await store.list()).find(({ run }) => run === "good")).toMatchObject({
        damaged: null,
        verdict: "passed",
      });
    }),
  );
  expect(noticed).toBeGreaterThan(0);
});

test("recovery of a damaged journal gets what is right, and is told what is not", async () => {
  await fc.assert(
    fc.asyncProperty(harm, async (harm) => {
      put("bad", { journal: harmed(closed.journal, harm), wal: undefined });
      const journal = await damagedOr(() => store.open("bad"));
      if (journal === "damaged") return;
      try {
        for (let id = 1; id <= 12; id++) {
          const entry = await damagedOr(() => journal.entry(id));
          const rows = id % 3 === 0 ? "y".repeat(id * 900) : "x".repeat(id * 700);
          if (entry !== "damaged") expect(entry.record).toEqual({ rows });
        }
        const pending = await damagedOr(() => journal.pending());
        if (pending !== "damaged") expect(pending.map((entry) => entry.undo)).toEqual([11, 10, 9, 7, 6, 5, 3, 2, 1]);
        await damagedOr(() => journal.append(note("recovered")));
        await damagedOr(() => journal.append(note("and again")));
        const events = await damagedOr(() => [...journal.events()]);
        if (events !== "damaged") expect(events.slice(0, whole.events.length)).toEqual(whole.events);
      } finally {
        await journal[Symbol.asyncDispose]();
      }
    }),
  );
});

test("a harmed log loses nothing but its end", async () => {
  await fc.assert(
    fc.asyncProperty(harm, async (harm) => {
      put("bad", { journal: killed.journal, wal: harmed(killed.wal!, harm) });
      const { events, entries } = await look("bad");
      if (events !== "damaged") expect(events).toEqual(whole.events.slice(0, events.length));
      if (entries !== "damaged" && events !== "damaged") {
        expect(entries).toHaveLength(
          new Set(events.flatMap((one) => (one.type === "undo-recorded" ? one.undo : []))).size,
        );
      }
    }),
  );
  expect(readFileSync(join(dir("good"), "journal.db")).equals(closed.journal)).toBe(true);
});
