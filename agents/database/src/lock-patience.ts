import { ChaosError, type Clock } from "@chaos-agents/core";
import type { Database } from "./database.ts";

/** Everybody who comes after a waiting exclusive lock waits too, so ours waits briefly, lets them through, and tries again. */
export const lockAttemptMs = 500;

interface Patience {
  /** For people: `public.orders`. */
  what: string;
  clock: Clock;
  signal: AbortSignal;
  /** Milliseconds until it is given up with `fault-not-landed`; until `signal` is aborted when left out. */
  patienceMs?: number;
  /** Told once, at the first wait. */
  note?: (message: string) => void;
}

/** Tries a statement whose session has a lock timeout, again and again while it is refused for a lock. */
export async function withLockPatience<T>(
  database: Database,
  attempt: () => Promise<T>,
  { what, clock, signal, patienceMs = Infinity, note }: Patience,
): Promise<T> {
  const started = clock.monotonic();
  for (let first = true; ; first = false) {
    signal.throwIfAborted();
    try {
      return await attempt();
    } catch (error) {
      if (database.refusal(error) !== "lock-timeout") throw error;
      if (first) note?.(`waiting for ${what}`);
      if (clock.monotonic() - started > patienceMs) {
        throw new ChaosError("fault-not-landed", `${what} was in use for ${patienceMs / 1_000} s on end`, {
          remedy: "Try again when it is less busy, or end the transactions that hold it",
          cause: error,
        });
      }
      await clock.sleep(lockAttemptMs, signal);
    }
  }
}
