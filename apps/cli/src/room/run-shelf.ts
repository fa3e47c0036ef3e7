import { setImmediate as turn } from "node:timers/promises";
import type { Clock } from "@chaos-agents/core";
import type { JournalStore, RunSummary } from "@chaos-agents/engine";

/** A run in the list; its summary is null until its journal was read. */
export interface ShelvedRun {
  run: string;
  summary: RunSummary | null;
}

interface ShelfOptions {
  store: Pick<JournalStore, "names" | "summary">;
  clock: Clock;
  signal: AbortSignal;
  changed: () => void;
}

const lookEvery = 500;
/** Between two turns of the event loop: short enough that no key waits. */
const readFor = 12;
/** Of runs that ended with something left, so many are looked at again each time. */
const openAtOnce = 20;

/**
 * Every run there is, by name alone at first. Journals are read one by one while nothing else is to be done: those that are
 * seen first, then the newest. Read again is only what may still change: live runs, and those that left something.
 */
export class RunShelf {
  readonly #options: ShelfOptions;
  readonly #runs = new Map<string, ShelvedRun>();
  /** Not read yet, the oldest first. */
  #unread: string[] = [];
  #wanted: string[] = [];
  #sorted: ShelvedRun[] | null = null;
  #nextOpen = 0;

  constructor(options: ShelfOptions) {
    this.#options = options;
  }

  /** Keeps looking until the signal is aborted. */
  async keep(): Promise<void> {
    const { signal, clock } = this.#options;
    while (!signal.aborted) {
      await this.look();
      await clock.sleep(lookEvery, signal).catch(() => undefined);
    }
  }

  /** New runs, runs that are gone, and what may have changed; then whatever was never read. */
  async look(): Promise<void> {
    await this.#lookForNames();
    await this.#refresh();
    await this.#readAll();
  }

  get count(): number {
    return this.#runs.size;
  }

  get unread(): number {
    return this.#unread.length;
  }

  /** Live ones first, then newest first. */
  get runs(): readonly ShelvedRun[] {
    this.#sorted ??= [...this.#runs.values()].sort(
      (a, b) => Number(isLive(b)) - Number(isLive(a)) || startOf(b) - startOf(a) || (a.run < b.run ? 1 : -1),
    );
    return this.#sorted;
  }

  get(run: string): RunSummary | null {
    return this.#runs.get(run)?.summary ?? null;
  }

  /** These are looked at by somebody: they come first. */
  want(runs: readonly string[]): void {
    this.#wanted = runs.filter((run) => this.#runs.get(run)?.summary === null);
  }

  async #lookForNames(): Promise<void> {
    const names = new Set(await this.#options.store.names());
    const before = this.#runs.size;
    for (const run of this.#runs.keys()) if (!names.has(run)) this.#runs.delete(run);
    const fresh = [...names].filter((run) => !this.#runs.has(run)).sort();
    for (const run of fresh) this.#runs.set(run, { run, summary: null });
    if (fresh.length === 0 && this.#runs.size === before) return;
    this.#unread = [...this.#unread.filter((run) => names.has(run)), ...fresh];
    this.#touch();
  }

  async #refresh(): Promise<void> {
    const read = [...this.#runs.values()].flatMap(({ summary }) => (summary === null ? [] : [summary]));
    const open = read.filter((summary) => !summary.live && mayChange(summary));
    const from = this.#nextOpen < open.length ? this.#nextOpen : 0;
    this.#nextOpen = open.length === 0 ? 0 : from + openAtOnce;
    const again = [...read.filter(({ live }) => live), ...open.slice(from, from + openAtOnce)];
    for (const { run } of again) await this.#read(run);
  }

  async #readAll(): Promise<void> {
    const { clock, signal } = this.#options;
    while (this.#unread.length > 0 && !signal.aborted) {
      const until = clock.monotonic() + readFor;
      do {
        const run = this.#wanted.pop() ?? this.#unread.pop();
        if (run === undefined) break;
        if (this.#runs.get(run)?.summary === null) await this.#read(run);
      } while (clock.monotonic() < until);
      await turn();
    }
    this.#wanted = [];
  }

  async #read(run: string): Promise<void> {
    const shelved = this.#runs.get(run);
    if (!shelved) return;
    // Its folder may have been deleted in this moment.
    const summary = await this.#options.store.summary(run).catch(() => null);
    if (summary === null) this.#runs.delete(run);
    else if (shelved.summary === null || differ(shelved.summary, summary)) shelved.summary = summary;
    else return;
    this.#touch();
  }

  #touch(): void {
    this.#sorted = null;
    this.#options.changed();
  }
}

const isLive = ({ summary }: ShelvedRun) => summary?.live === true;

const startOf = ({ run, summary }: ShelvedRun) => summary?.startedAt || timeIn(run);

/** When a run began, from the name we gave it: `20261122-101500-k3f9a2`. */
function timeIn(run: string): number {
  const parts = /^(\d{4})(\d\d)(\d\d)-(\d\d)(\d\d)(\d\d)-/.exec(run);
  if (!parts) return 0;
  const [, year, month, day, hour, minute, second] = parts.map(Number);
  return Date.UTC(year!, month! - 1, day, hour, minute, second);
}

const mayChange = ({ verdict, pending, damaged }: RunSummary) => verdict === null || pending > 0 || damaged !== null;

const differ = (a: RunSummary, b: RunSummary) => JSON.stringify(a) !== JSON.stringify(b);
