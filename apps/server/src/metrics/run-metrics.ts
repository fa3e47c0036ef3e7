import { type Clock, type Event, phaseSchema, systemClock, type Verdict } from "@chaos-agents/core";
import { Instruments } from "./instruments.ts";
import { processMetrics } from "./process-metrics.ts";
import { RunTally } from "./run-tally.ts";
import { eventHandlers } from "./tally-events.ts";

/** What a run's summary says of it. */
export interface KnownRun {
  run: string;
  live: boolean;
  pending: number;
  verdict: Verdict | null;
}

/** How many runs that are over are remembered, so that an event of theirs told again is not counted again. */
const remembered = 20_000;

/** The metrics of this machine's runs, for Prometheus. Counters count from when the server began, as Prometheus expects. */
export class RunMetrics {
  readonly #count = new Instruments();
  readonly #tell = eventHandlers(this.#count);
  readonly #clock: Clock;
  readonly #tallies = new Map<string, RunTally>();
  /** The newest event seen of each run. */
  readonly #seen = new Map<string, number>();

  constructor({ version, clock = systemClock }: { version?: string; clock?: Clock } = {}) {
    this.#clock = clock;
    if (version !== undefined) this.#count.build.set({ version }, 1);
    this.jobs({ queued: 0, running: 0 });
  }

  readonly contentType = "text/plain; version=0.0.4; charset=utf-8";

  /** How a run stands whose events so far are not told here; once one is, events alone say how it goes on. */
  known({ run, live, pending, verdict }: KnownRun): void {
    if (this.#seen.has(run)) return;
    const tally = this.#tally(run);
    Object.assign(tally, { live, verdict });
    tally.foundOpen(pending);
    this.#forget(run, tally);
  }

  /** One told before is not counted again. */
  event(event: Event, { run }: { run: string }): void {
    if (event.seq <= (this.#seen.get(run) ?? 0)) return;
    this.#seen.delete(run);
    this.#seen.set(run, event.seq);
    const tally = this.#tally(run);
    this.#tell(event, tally);
    this.#forget(run, tally);
  }

  /** The run left the set of live ones without finishing. */
  cutOff({ run }: { run: string }): void {
    const tally = this.#tallies.get(run);
    if (!tally?.live) return;
    this.#count.cutOff.inc();
    Object.assign(tally, { live: false, recovering: false, phase: null });
    this.#forget(run, tally);
  }

  jobs({ queued, running }: { queued: number; running: number }): void {
    this.#count.jobs.set({ state: "queued" }, queued);
    this.#count.jobs.set({ state: "running" }, running);
  }

  async text(): Promise<string> {
    this.#look();
    return (await this.#count.registry.metrics()) + (await processMetrics());
  }

  #tally(run: string): RunTally {
    let tally = this.#tallies.get(run);
    if (!tally) this.#tallies.set(run, (tally = new RunTally()));
    return tally;
  }

  #forget(run: string, tally: RunTally): void {
    if (!tally.over) return;
    this.#tallies.delete(run);
    if (this.#seen.size <= remembered) return;
    for (const old of this.#seen.keys()) {
      if (!this.#tallies.has(old)) {
        this.#seen.delete(old);
        return;
      }
    }
  }

  #look(): void {
    const { live, incomplete, pending, phaseRuns, phaseAge } = this.#count;
    const tallies = [...this.#tallies.values()];
    const working = tallies.filter((tally) => tally.live);
    const open = (some: RunTally[]) => some.reduce((sum, tally) => sum + tally.pending, 0);
    live.set(working.length);
    incomplete.set(tallies.filter((tally) => !tally.live && tally.verdict === "rollback-incomplete").length);
    pending.set({ live: "true" }, open(working));
    pending.set({ live: "false" }, open(tallies) - open(working));
    for (const phase of phaseSchema.options) {
      const since = working.flatMap((tally) => (tally.phase?.phase === phase ? [tally.phase.since] : []));
      const ages = since.map((at) => (this.#clock.now() - at) / 1_000);
      phaseRuns.set({ phase }, since.length);
      phaseAge.set({ phase }, Math.max(0, ...ages));
    }
  }
}
