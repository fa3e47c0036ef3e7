import { setImmediate as turn } from "node:timers/promises";
import { ChaosError, systemClock } from "@chaos-agents/core";
import type { RunSummary } from "@chaos-agents/engine";
import { expect, test } from "vitest";
import { RunShelf } from "./run-shelf.ts";

class Shelf {
  readonly reads: string[] = [];
  readonly runs = new Map<string, Partial<RunSummary>>();
  readonly closing = new AbortController();
  readonly shelf = new RunShelf({
    store: {
      names: async () => [...this.runs.keys()],
      summary: async (run) => {
        this.reads.push(run);
        const more = this.runs.get(run);
        if (!more) throw new ChaosError("unknown-run", `there is no run ${run}`);
        return summaryOf(run, more);
      },
    },
    clock: systemClock,
    signal: this.closing.signal,
    changed: () => undefined,
  });

  /** What is read when it looks once. */
  async look(): Promise<string[]> {
    this.reads.length = 0;
    await this.shelf.look();
    return [...this.reads];
  }

  get order(): string[] {
    return this.shelf.runs.map(({ run }) => run);
  }
}

const summaryOf = (run: string, more: Partial<RunSummary>): RunSummary => ({
  run,
  experiment: "e",
  file: null,
  startedAt: 0,
  finishedAt: 1,
  verdict: "passed",
  phase: null,
  live: false,
  pending: 0,
  damaged: null,
  ...more,
});

const named = (index: number) => `20261122-${String(100_000 + index).slice(0, 6)}-aaaaaa`;

test("what has ended well is read once; live runs and those that left something again", async () => {
  const held = new Shelf();
  for (let index = 0; index < 3_000; index++) held.runs.set(named(index), {});
  held.runs.set(named(5), { live: true, verdict: null });
  held.runs.set(named(7), { verdict: null, pending: 2 });
  expect(await held.look()).toHaveLength(3_000);
  expect(held.shelf.unread).toBe(0);
  expect((await held.look()).toSorted()).toEqual([named(5), named(7)]);
  held.runs.set(named(7), { pending: 0 });
  await held.look();
  expect(held.shelf.get(named(7))?.pending).toBe(0);
  expect(await held.look()).toEqual([named(5)]);
});

test("live ones stand first, then the newest, by their names before they are read", async () => {
  const held = new Shelf();
  for (const index of [1, 3, 2]) held.runs.set(named(index), {});
  held.runs.set(named(0), { live: true });
  const looking = held.look();
  await turn();
  await looking;
  expect(held.order).toEqual([named(0), named(3), named(2), named(1)]);
});

test("new runs appear, deleted ones go, also while they are read", async () => {
  const held = new Shelf();
  held.runs.set(named(1), {});
  await held.look();
  held.runs.set(named(2), {});
  expect(await held.look()).toEqual([named(2)]);
  held.runs.delete(named(1));
  await held.look();
  expect(held.order).toEqual([named(2)]);
});

test("those somebody sees are read first, then the newest", async () => {
  const held = new Shelf();
  for (let index = 0; index < 10; index++) held.runs.set(named(index), {});
  const looking = held.look();
  while (held.shelf.count === 0) await Promise.resolve();
  held.shelf.want([named(2)]);
  await looking;
  expect(held.reads.indexOf(named(2))).toBeLessThan(3);
  expect(held.reads.indexOf(named(9))).toBeLessThan(3);
  expect(held.reads.at(-1)).toBe(named(0));
});

test("many that left something are looked at in turns", async () => {
  const held = new Shelf();
  for (let index = 0; index < 50; index++) held.runs.set(named(index), { verdict: null, pending: 1 });
  await held.look();
  const seen = new Set<string>();
  for (let turn = 0; turn < 3; turn++) for (const run of await held.look()) seen.add(run);
  expect(seen.size).toBe(50);
  expect((await held.look()).length).toBeLessThanOrEqual(20);
});
