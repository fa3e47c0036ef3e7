import { EventEmitter } from "node:events";
import { setImmediate } from "node:timers/promises";
import type { Clock, Event } from "@chaos-agents/core";
import type { JournalStore } from "@chaos-agents/engine";
import type { Run } from "../api/shapes.ts";
import type { RunIndex } from "./run-index.ts";

interface FeedOptions {
  store: JournalStore;
  index: RunIndex;
  clock: Clock;
}

type Told = { run: string; experiment: string; file: string | null };
interface Heard {
  /** New, or other than it was. */
  run: [Run];
  /** Every event of every run but of those that had ended when we began, each run's in their order. */
  event: [Event, Told];
  /** It ended without saying so. */
  "cut-off": [Run];
}

const lookMs = 100;
/** Runs that nobody works on change only when somebody recovers them: every so many looks is enough. */
const restingLooks = 10;

/**
 * Sees every run on this machine, whichever process makes it, by reading their journals: one reader a run, however many
 * watch it.
 */
export class RunFeed extends EventEmitter<Heard> {
  readonly #store: JournalStore;
  readonly #index: RunIndex;
  readonly #clock: Clock;
  readonly #over = new AbortController();
  readonly #followers = new Map<string, Set<Follower>>();
  #looking: Promise<void> = Promise.resolve();
  #turn: Promise<void> = Promise.resolve();
  #names = new Set<string>();
  #looks = 0;

  constructor({ store, index, clock }: FeedOptions) {
    super();
    this.#store = store;
    this.#index = index;
    this.#clock = clock;
  }

  /** Learns what happened while nobody looked, and goes on looking until closed. Resolves at once. */
  begin(): void {
    this.#names = this.#index.names();
    this.#looking = this.#goOn();
  }

  /** A run's events after `after`, from its journal and then as they come; ends when nobody works on the run any more. */
  async *follow(run: string, after: number, signal: AbortSignal): AsyncGenerator<Event> {
    const over = AbortSignal.any([signal, this.#over.signal]);
    const follower = new Follower(over);
    const followers = this.#followers.get(run) ?? new Set();
    this.#followers.set(run, followers.add(follower));
    let seen = after;
    try {
      for (let live = true; live;) {
        live = (await this.#store.summary(run)).live;
        for await (const event of this.#store.events(run, { after: seen, signal: over })) {
          yield event;
          seen = event.seq;
        }
        if (over.aborted) return;
        for (let event = live ? await follower.next() : undefined; event; event = await follower.next()) {
          if (event.seq <= seen) continue;
          yield event;
          seen = event.seq;
        }
        if (over.aborted) return;
      }
    } finally {
      followers.delete(follower);
      if (followers.size === 0) this.#followers.delete(run);
    }
  }

  /** Looks at one run now, for somebody who knows that it has changed. */
  async refresh(run: string): Promise<void> {
    await this.#inTurn(async () => {
      if ((await this.#store.names()).includes(run)) await this.#update(run);
    });
  }

  async close(): Promise<void> {
    this.#over.abort();
    await this.#looking;
  }

  async #goOn(): Promise<void> {
    const { signal } = this.#over;
    for (; !signal.aborted; this.#looks++) {
      await this.#inTurn(() => this.#look());
      await this.#clock.sleep(lookMs, signal).catch(() => undefined);
    }
  }

  /** Two who look at once would tell everything twice. */
  #inTurn(work: () => Promise<void>): Promise<void> {
    const turn = this.#turn.then(work);
    this.#turn = turn.catch(() => undefined);
    return turn;
  }

  async #look(): Promise<void> {
    const names = new Set(await this.#store.names());
    for (const gone of this.#names.difference(names)) this.#index.remove(gone);
    const found = [...names.difference(this.#names)].sort();
    this.#names = names;
    const isTime = this.#looks % restingLooks === 0;
    const unsettled = this.#index.unsettled().filter(({ live }) => live || isTime);
    const due = new Set([...unsettled.map(({ run }) => run), ...found]);
    for (const run of due) {
      if (this.#over.signal.aborted) return;
      if (names.has(run)) await this.#update(run);
      // thousands may be new to us: requests come first
      if (due.size > 20) await setImmediate();
    }
  }

  async #update(id: string): Promise<void> {
    const before = this.#index.get(id);
    const run: Run = await this.#store.summary(id);
    const changed = before === undefined || !isSame(before, run);
    if (changed) this.#index.put(run);
    // what had ended before we began is history
    const isHistory = before === undefined && this.#looks === 0 && !run.live;
    if (isHistory) this.#index.setTold(id, Number.MAX_SAFE_INTEGER);
    else if (changed || run.live) await this.#tell(run);
    if (changed) this.emit("run", run);
    if (run.live || before?.live === false) return;
    if (run.verdict === null && !isHistory) this.emit("cut-off", run);
    for (const follower of this.#followers.get(id) ?? []) follower.end();
  }

  async #tell({ run, experiment, file, damaged }: Run): Promise<void> {
    if (damaged !== null) return;
    const after = this.#index.told(run);
    let seen = after;
    for await (const event of this.#store.events(run, { after })) {
      this.emit("event", event, { run, experiment, file });
      for (const follower of this.#followers.get(run) ?? []) follower.hear(event);
      seen = event.seq;
    }
    if (seen > after) this.#index.setTold(run, seen);
  }
}

/** One who watches a run: what came and was not asked for yet. */
class Follower {
  readonly #heard: (Event | undefined)[] = [];
  #wake: (() => void) | undefined;

  constructor(over: AbortSignal) {
    over.addEventListener("abort", () => this.end(), { once: true });
  }

  hear(event: Event | undefined): void {
    this.#heard.push(event);
    this.#wake?.();
  }

  end(): void {
    this.hear(undefined);
  }

  /** Undefined when the run ended, or the watch. */
  async next(): Promise<Event | undefined> {
    if (this.#heard.length === 0) await new Promise<void>((wake) => (this.#wake = wake));
    return this.#heard.shift();
  }
}

const isSame = (a: Run, b: Run) => (Object.keys(b) as (keyof Run)[]).every((key) => a[key] === b[key]);
