import { type Event, type EventBody, systemClock } from "@chaos-agents/core";
import type { RunSummary } from "@chaos-agents/engine";
import { expect, test } from "vitest";
import { RunWatch } from "./run-watch.ts";

const run = "20261122-093000-abcdef";
const summary: RunSummary = {
  run,
  experiment: "long",
  file: null,
  startedAt: 0,
  finishedAt: null,
  verdict: null,
  phase: "observe",
  live: true,
  pending: 0,
  damaged: null,
};

const bodies = function* (count: number): Iterable<EventBody> {
  const probes = [{ probe: "answers", kind: "sql", role: "steady-state" as const }];
  yield { type: "run-started", experiment: "long", version: "1", tags: [], durationMs: 1e9, probes };
  for (let index = 0; index < count; index++) {
    yield {
      type: "probe-answered",
      role: "steady-state",
      probe: "answers",
      ok: true,
      value: index,
      latencyMs: 1,
      detail: "",
    };
    yield { type: "sampled", source: "traffic", values: { rate: index } };
    yield { type: "steady-state-checked", when: "during", held: true, answers: [] };
    yield { type: "phase-started", phase: "observe" };
  }
};

const eventsOf = (all: Iterable<EventBody>): Event[] =>
  [...all].map((body, index) => ({ v: 1 as const, run, seq: index + 1, at: index, ...body }));

test("however long a run goes on, only what is recent of it is kept", async () => {
  const events = eventsOf(bodies(20_000));
  const closing = new AbortController();
  const watch = new RunWatch(summary, {
    store: {
      summary: async () => summary,
      async *events(_run, { signal } = {}) {
        yield* events;
        await systemClock.sleep(1e6, signal).catch(() => undefined);
      },
    },
    clock: systemClock,
    signal: closing.signal,
    changed: () => {
      const state = watch.live!;
      if (state?.sources[0]?.columns[0]?.values.at(-1) === 19_999 && state.phases.length === 20_000) closing.abort();
    },
  });
  await watch.keep();
  const state = watch.live!;
  expect(state.probes[0]!.points.at(-1)).toMatchObject({ value: 19_999 });
  expect(state.probes[0]!.points.length).toBeLessThanOrEqual(900);
  expect(state.sources[0]!.t.length).toBe(state.sources[0]!.columns[0]!.values.length);
  expect(state.sources[0]!.t.length).toBeLessThanOrEqual(900);
  expect(state.checks.length).toBeLessThanOrEqual(900);
  expect(watch.log.length).toBeLessThanOrEqual(7_500);
  expect(watch.log.length + watch.dropped).toBeGreaterThan(20_000);
});

test("a run whose process is killed becomes a report, and is live again once it is recovered", async () => {
  const events = eventsOf(bodies(3));
  const closing = new AbortController();
  let live = true;
  const seen: string[] = [];
  const watch = new RunWatch(summary, {
    store: {
      summary: async () => ({ ...summary, live }),
      async *events(_run, { follow, signal } = {}) {
        yield* events;
        // As the journal does: without a verdict it waits, though nobody holds the run.
        if (follow) await systemClock.sleep(1e6, signal).catch(() => undefined);
      },
    },
    clock: { ...systemClock, sleep: (ms, signal) => systemClock.sleep(Math.min(ms, 1e6) > 1_000 ? ms : 1, signal) },
    signal: closing.signal,
    changed: () => {
      const now = watch.report ? "report" : watch.live ? "live" : "nothing";
      if (seen.at(-1) !== now) seen.push(now);
      if (now === "live" && seen.length === 1) live = false;
      if (now === "report") live = true;
      if (seen.length === 3) closing.abort();
    },
  });
  await watch.keep();
  expect(seen).toEqual(["live", "report", "live"]);
});
