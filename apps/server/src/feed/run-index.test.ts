import { mkdtempDisposable } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as fc from "fast-check";
import { expect, test } from "vitest";
import type { Run } from "../api/shapes.ts";
import { RunIndex, type RunQuery } from "./run-index.ts";

const folder = () => mkdtempDisposable(join(tmpdir(), "chaos-index-"));
const run = (id: string, more: Partial<Run> = {}): Run => ({
  run: id,
  experiment: "checkout",
  file: null,
  startedAt: 1_000,
  finishedAt: 2_000,
  verdict: "passed",
  phase: "verify",
  live: false,
  pending: 0,
  damaged: null,
  ...more,
});

function everyPage(index: RunIndex, query: Omit<RunQuery, "limit" | "before">, limit: number): string[] {
  const found: string[] = [];
  for (let before: string | undefined; ;) {
    const page = index.page({ ...query, limit, before });
    expect(page.runs.length).toBeLessThanOrEqual(limit);
    found.push(...page.runs.map((one) => one.run));
    if (page.next === null) {
      expect(page.total).toBe(found.length);
      return found;
    }
    before = page.next;
  }
}

test("pages hold every run once, newest first, also of those that began in the same moment", async () => {
  await using home = await folder();
  using index = new RunIndex(home.path);
  const times = fc.uniqueArray(fc.tuple(fc.uuid(), fc.integer({ min: 0, max: 3 })), {
    selector: ([id]) => id,
    maxLength: 30,
  });
  fc.assert(
    fc.property(times, fc.integer({ min: 1, max: 7 }), (some, limit) => {
      for (const id of index.names()) index.remove(id);
      for (const [id, startedAt] of some) index.put(run(id, { startedAt }));
      const sorted = some.toSorted(([a, s], [b, t]) => t - s || (a < b ? 1 : -1));
      expect(everyPage(index, {}, limit)).toEqual(sorted.map(([id]) => id));
    }),
  );
});

test("a search finds what holds its words as they are, in the name, the file or the id", async () => {
  await using home = await folder();
  using index = new RunIndex(home.path);
  index.put(run("a-1", { experiment: "100% load" }));
  index.put(run("a-2", { experiment: "100 loads", file: "config/o'clock.yaml" }));
  index.put(run("b_3", { experiment: "under\\score" }));
  const found = (q: string) => everyPage(index, { q }, 10).sort();
  expect(found("100")).toEqual(["a-1", "a-2"]);
  expect(found("100%")).toEqual(["a-1"]);
  expect(found("_")).toEqual(["b_3"]);
  expect(found("r\\s")).toEqual(["b_3"]);
  expect(found("o'clock")).toEqual(["a-2"]);
  expect(found("a-")).toEqual(["a-1", "a-2"]);
});

test("what is asked for by state and verdict is what it says, and outlives the index's process", async () => {
  await using home = await folder();
  {
    using index = new RunIndex(home.path);
    index.put(run("live", { live: true, verdict: null }));
    index.put(run("left", { verdict: "rollback-incomplete", pending: 2 }));
    index.put(run("torn", { verdict: null, damaged: "no header" }));
    index.put(run("well"));
    index.setTold("well", 7);
  }
  using index = new RunIndex(home.path);
  expect(everyPage(index, { state: "live" }, 10)).toEqual(["live"]);
  expect(everyPage(index, { state: "open" }, 10).sort()).toEqual(["left", "torn"]);
  expect(everyPage(index, { verdict: "passed" }, 10)).toEqual(["well"]);
  expect(
    index
      .unsettled()
      .map((one) => one.run)
      .sort(),
  ).toEqual(["left", "live", "torn"]);
  expect([index.told("well"), index.told("nobody")]).toEqual([7, 0]);
  // a later look changes what is known, not how far listeners are
  index.put(run("well", { pending: 1 }));
  expect(index.told("well")).toBe(7);
});

test("a cursor of somebody's own making finds nothing it should not", async () => {
  await using home = await folder();
  using index = new RunIndex(home.path);
  index.put(run("one"));
  fc.assert(fc.property(fc.string(), (before) => index.page({ limit: 5, before }).runs.length <= 1));
});
