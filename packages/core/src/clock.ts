import { setTimeout as delay } from "node:timers/promises";

/** Time, handed in so that tests can own it. */
export interface Clock {
  /** Wall clock, milliseconds since the epoch: for people to read. */
  now(): number;
  /** Monotonic milliseconds: for measuring and for deadlines. */
  monotonic(): number;
  /** Resolves after `ms`; rejects with the signal's reason when it is aborted first. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  async sleep(ms, signal) {
    signal?.throwIfAborted();
    await delay(Math.max(0, ms), undefined, { signal }).catch((error: unknown) => {
      throw signal?.aborted ? signal.reason : error;
    });
  },
};
