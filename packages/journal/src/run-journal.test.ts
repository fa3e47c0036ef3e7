import { join } from "node:path";
import { ChaosError, redactor } from "@chaos-agents/core";
import { afterEach, beforeEach, expect, test } from "vitest";
import { countCommits } from "./fixtures/commits.ts";
import { makeHome } from "./fixtures/home.ts";
import { asItIs, header, note, undo, undoFinished } from "./fixtures/samples.ts";
import { openStore } from "./index.ts";

let home: Awaited<ReturnType<typeof makeHome>>;
beforeEach(async () => {
  home = await makeHome();
});
afterEach(() => home[Symbol.asyncDispose]());

const create = (redact = asItIs) => openStore(home.path).create(header("r1"), { redact });
const wal = () => join(home.path, "runs", "r1", "journal.db-wal");

test("calls of one turn share one transaction, and are numbered in the order they were made", async () => {
  await using journal = await create();
  await journal.append(note("first"));
  const before = countCommits(wal());
  const events = await Promise.all(Array.from({ length: 100 }, (_, n) => journal.append(note(String(n)))));
  expect(countCommits(wal()) - before).toBe(1);
  expect(events.map(({ seq }) => seq)).toEqual(Array.from({ length: 100 }, (_, n) => n + 2));
  expect([...journal.events()].slice(1)).toEqual(events);
});

test("calls that wait for each other take a transaction each", async () => {
  await using journal = await create();
  for (let n = 0; n < 5; n++) await journal.append(note(String(n)));
  expect(countCommits(wal())).toBe(5);
});

test("an undo and its event are one transaction", async () => {
  await using journal = await create();
  const recorded = await journal.record(undo({ low: 1 }));
  const revised = await journal.revise(recorded.undo, { low: 1, high: 9 });
  const settled = await journal.settle(recorded.undo, "undone", undoFinished(1, "undone"));
  expect(countCommits(wal())).toBe(3);
  expect([recorded.event, revised, settled]).toMatchObject([
    { seq: 1, type: "undo-recorded", undo: 1, revision: 0, label: "delete 10 rows of orders" },
    { seq: 2, type: "undo-recorded", undo: 1, revision: 1 },
    { seq: 3, type: "undo-finished", undo: 1, outcome: "undone" },
  ]);
  expect(journal.entry(1)).toEqual({
    ...undo({ low: 1, high: 9 }),
    undo: 1,
    revision: 1,
    outcome: "undone",
  });
});

test("what is pending is newest first, and a failed undo still is", async () => {
  await using journal = await create();
  await Promise.all([1, 2, 3, 4].map((n) => journal.record(undo(n))));
  await journal.settle(2, "conflict", undoFinished(2, "conflict"));
  await journal.settle(3, "failed", undoFinished(3, "failed"));
  expect(journal.pending().map((entry) => entry.undo)).toEqual([4, 3, 1]);
  await journal.settle(3, "already", undoFinished(3, "already"));
  expect(journal.pending().map((entry) => entry.undo)).toEqual([4, 1]);
  expect(journal.entries().map(({ outcome }) => outcome)).toEqual([null, "conflict", "already", null]);
  expect(await openStore(home.path).summary("r1")).toMatchObject({ pending: 2 });
});

test("a call that makes no sense fails alone, and leaves no gap", async () => {
  await using journal = await create();
  const circular: Record<string, unknown> = {};
  circular.self = circular;
  const results = await Promise.allSettled([
    journal.append(note("one")),
    journal.settle(7, "undone", undoFinished(7, "undone")),
    journal.revise(0, {}),
    journal.record(undo(circular)),
    journal.record(undo(undefined)),
    journal.append({ type: "planned", faults: [], cost: { rows: 1n as unknown as number } }),
    journal.append(note("two")),
  ]);
  expect(results.map((result) => (result.status === "fulfilled" ? result.value : result.reason.message))).toEqual([
    expect.objectContaining({ seq: 1 }),
    "Run r1 has no undo 7",
    "Run r1 has no undo 0",
    expect.stringMatching(/^Only plain JSON can be journaled: Converting circular/),
    "Only plain JSON can be journaled, not undefined",
    expect.stringContaining("BigInt"),
    expect.objectContaining({ seq: 2 }),
  ]);
  expect([...journal.events()]).toHaveLength(2);
  expect(journal.entries()).toEqual([]);
});

test("what is given is taken as it was at the call", async () => {
  await using journal = await create();
  const record = { rows: [1] };
  const recorded = journal.record(undo(record));
  record.rows.push(2);
  const { undo: id } = await recorded;
  expect(journal.entry(id).record).toEqual({ rows: [1] });
});

test("secrets are hidden in events, and kept in undo records", async () => {
  await using journal = await create(redactor(["hunter2hunter2"]));
  const event = await journal.append(note("hunter2hunter2 refused at postgres://u:p4ss@db/shop"));
  const recorded = await journal.record(undo({ was: "hunter2hunter2" }, { label: "reset hunter2hunter2" }));
  expect(event).toMatchObject({ message: "*** refused at postgres://u:***@db/shop" });
  expect(recorded.event).toMatchObject({ label: "reset ***" });
  expect([...journal.events()]).toEqual([event, recorded.event]);
  expect(journal.entry(recorded.undo)).toMatchObject({
    record: { was: "hunter2hunter2" },
    label: "reset hunter2hunter2",
  });
});

test("text of any kind comes back the same", async () => {
  await using journal = await create();
  const odd = "nul \u0000, lone \ud800, wide \u{1f4a5}, quote '\"";
  await journal.record(undo({ [odd]: odd }, { thing: odd, label: odd, fault: odd }));
  expect(journal.entry(1)).toMatchObject({ thing: odd, label: odd, fault: odd, record: { [odd]: odd } });
});

test("a closed journal keeps what was under way, and refuses more", async () => {
  const journal = await create();
  const last = journal.append(note("last"));
  await journal[Symbol.asyncDispose]();
  await journal[Symbol.asyncDispose]();
  expect(await last).toMatchObject({ seq: 1 });
  await expect(journal.append(note("too late"))).rejects.toThrow(ChaosError);
  await using again = await openStore(home.path).open("r1");
  expect(await again.append(note("next"))).toMatchObject({ seq: 2 });
  expect([...again.events()]).toHaveLength(2);
});
