import { setImmediate as turn } from "node:timers/promises";
import type { Clock, Event } from "@chaos-agents/core";
import type { JournalStore, RunSummary } from "@chaos-agents/engine";
import { type LogLine, RunFold, type RunReport, type RunState } from "@chaos-agents/report";

interface WatchOptions {
  store: Pick<JournalStore, "events" | "summary">;
  clock: Clock;
  signal: AbortSignal;
  changed: () => void;
}

const lookEvery = 500;
/** Of each series so many numbers are kept while a run goes on: a frame shows fewer. */
const keptPoints = 600;
const keptLines = 5_000;
/** Events between two turns of the event loop. */
const batch = 200;

/** One run, for as long as somebody looks: as it goes on while it is live, its report while it is not. */
export class RunWatch {
  readonly #options: WatchOptions;
  readonly run: string;
  summary: RunSummary;
  /** Of a live run: what is recent of it. */
  live: Readonly<RunState> | null = null;
  report: RunReport | null = null;
  log: readonly LogLine[] = [];
  /** Lines that are no longer kept. */
  dropped = 0;

  constructor(summary: RunSummary, options: WatchOptions) {
    this.run = summary.run;
    this.summary = summary;
    this.#options = options;
  }

  /** Keeps looking until the signal is aborted. */
  async keep(): Promise<void> {
    const { store, clock, signal, changed } = this.#options;
    while (!signal.aborted) {
      this.summary = await store.summary(this.run);
      if (this.summary.live) await this.#follow();
      else {
        await this.#fold();
        await this.#unchanged();
      }
      changed();
      await clock.sleep(0, signal).catch(() => undefined);
    }
  }

  /** Until nobody holds the run any more, ended or killed. */
  async #follow(): Promise<void> {
    const { store, signal, changed } = this.#options;
    const ended = new AbortController();
    const either = AbortSignal.any([signal, ended.signal]);
    const watching = this.#untilDead(either).then(() => ended.abort());
    const fold = new RunFold();
    this.dropped = 0;
    this.live = fold.state;
    this.report = null;
    let seen = 0;
    for await (const event of store.events(this.run, { follow: true, signal: either })) {
      this.#keepRecent(fold, event);
      changed();
      if (++seen % batch === 0) await turn();
    }
    ended.abort();
    await watching;
  }

  #keepRecent(fold: RunFold, event: Event): void {
    fold.add(event);
    const { state } = fold;
    this.dropped += trimmed(state.log, keptLines);
    trimmed(state.checks, keptPoints);
    for (const { points } of state.probes) trimmed(points, keptPoints);
    for (const { t, columns } of state.sources) {
      trimmed(t, keptPoints);
      for (const { values } of columns) trimmed(values, keptPoints);
    }
    for (const { notes } of state.faults) trimmed(notes, keptPoints);
    this.log = state.log;
  }

  async #untilDead(signal: AbortSignal): Promise<void> {
    const { store, clock, changed } = this.#options;
    while (!signal.aborted) {
      await clock.sleep(lookEvery, signal).catch(() => undefined);
      if (signal.aborted) return;
      this.summary = await store.summary(this.run);
      changed();
      if (!this.summary.live) return;
    }
  }

  async #fold(): Promise<void> {
    const { store, signal } = this.#options;
    const { report, log } = await wholeFold(store, this.run, signal);
    this.live = null;
    this.log = log.slice(-keptLines);
    this.dropped = log.length - this.log.length;
    this.report = { ...report, log: [] };
  }

  /** Until somebody recovers it, or has. */
  async #unchanged(): Promise<void> {
    const { store, clock, signal, changed } = this.#options;
    changed();
    for (;;) {
      await clock.sleep(lookEvery, signal).catch(() => undefined);
      if (signal.aborted) return;
      const { live, pending, verdict } = await store.summary(this.run);
      if (live || pending !== this.summary.pending || verdict !== this.summary.verdict) return;
    }
  }
}

/** Drops the oldest once there are half again as many as are kept; returns how many. */
function trimmed(items: unknown[], keep: number): number {
  if (items.length <= keep * 1.5) return 0;
  return items.splice(0, items.length - keep).length;
}

/** All of a run so far, without ever holding all its events. */
export async function wholeFold(
  store: Pick<JournalStore, "events">,
  run: string,
  signal: AbortSignal,
): Promise<{ report: RunReport; log: readonly LogLine[] }> {
  const fold = new RunFold();
  let seen = 0;
  for await (const event of store.events(run, { signal })) {
    fold.add(event);
    if (++seen % batch === 0) await turn();
  }
  return { report: fold.report, log: fold.state.log };
}
