import { setImmediate as immediate, setTimeout as delay } from "node:timers/promises";
import { type Clock, systemClock } from "@chaos-agents/core";

interface Sleeper {
  ms: number;
  due: number;
  wake(): void;
}

/** Time that stands still until a test moves it. */
export class HandClock implements Clock {
  #monotonic = 0;
  readonly #started = Date.UTC(2026, 10, 22, 10, 15);
  readonly #sleepers = new Set<Sleeper>();
  readonly #waiting = new Set<() => void>();

  now(): number {
    return this.#started + this.#monotonic;
  }

  monotonic(): number {
    return this.#monotonic;
  }

  async sleep(ms: number, signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted();
    if (ms <= 0) return;
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const sleeper = { ms, due: this.#monotonic + ms, wake: resolve };
    const onAbort = () => reject(signal!.reason);
    signal?.addEventListener("abort", onAbort, { once: true });
    this.#sleepers.add(sleeper);
    for (const look of this.#waiting) look();
    try {
      await promise;
    } finally {
      this.#sleepers.delete(sleeper);
      signal?.removeEventListener("abort", onAbort);
    }
  }

  /** Resolves once somebody sleeps for exactly so long. */
  async asleepFor(ms: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const look = () => {
      if ([...this.#sleepers].some((sleeper) => sleeper.ms === ms)) resolve();
    };
    this.#waiting.add(look);
    look();
    await promise;
    this.#waiting.delete(look);
  }

  /** Moves time on to whoever is due first. */
  skip(): void {
    const first = Math.min(...[...this.#sleepers].map(({ due }) => due));
    if (Number.isFinite(first)) this.advance(Math.max(0, first - this.#monotonic));
  }

  /** Moves time on, and wakes who is due, each at his own time. */
  advance(ms: number): void {
    const until = this.#monotonic + ms;
    for (;;) {
      const [first] = [...this.#sleepers].filter(({ due }) => due <= until).sort((a, b) => a.due - b.due);
      if (!first) break;
      this.#monotonic = Math.max(this.#monotonic, first.due);
      this.#sleepers.delete(first);
      first.wake();
    }
    this.#monotonic = until;
  }
}

/**
 * Lets time pass as fast as anybody waits for it, until the work is done. With `seen`, time passes only while that does not
 * change, so that work on disk mostly goes on before; nothing may depend on how much of it does.
 */
export async function runOut<T>(clock: HandClock, work: Promise<T>, seen?: () => number): Promise<T> {
  const done = new AbortController();
  const settled = () => done.abort();
  work.then(settled, settled);
  for (let last = seen?.(); !done.signal.aborted; last = seen?.()) {
    await (seen ? delay(2) : immediate());
    if (seen?.() === last) clock.skip();
  }
  return await work;
}

/** Real time, but for one wait that lasts until it is ended: an experiment's duration. */
export class EndingClock implements Clock {
  readonly #duration: number;
  readonly #ended = Promise.withResolvers<void>();

  constructor(duration: number) {
    this.#duration = duration;
  }

  now(): number {
    return systemClock.now();
  }

  monotonic(): number {
    return systemClock.monotonic();
  }

  async sleep(ms: number, signal?: AbortSignal): Promise<void> {
    if (ms !== this.#duration) return await systemClock.sleep(ms, signal);
    signal?.throwIfAborted();
    const { promise, reject } = Promise.withResolvers<never>();
    const onAbort = () => reject(signal!.reason);
    signal?.addEventListener("abort", onAbort, { once: true });
    await Promise.race([this.#ended.promise, promise]).finally(() => signal?.removeEventListener("abort", onAbort));
  }

  end(): void {
    this.#ended.resolve();
  }
}
