import { ChaosError, formatDuration } from "@chaos-agents/core";

/**
 * Runs `work` with a signal that aborts after `ms` (or with `outer`), and stops waiting for it then, even when it does not
 * listen: nothing of ours may hang on a target that does not answer.
 */
export async function withDeadline<T>(
  what: string,
  ms: number,
  outer: readonly AbortSignal[],
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const expiry = new AbortController();
  const timer = setTimeout(() => {
    expiry.abort(new ChaosError("deadline-passed", `${what} did not finish within ${formatDuration(ms)}`));
  }, ms);
  const signal = AbortSignal.any([expiry.signal, ...outer]);
  const { promise: aborted, reject } = Promise.withResolvers<never>();
  const onAbort = () => reject(signal.reason);
  signal.addEventListener("abort", onAbort, { once: true });
  if (signal.aborted) onAbort();
  try {
    return await Promise.race([work(signal), aborted]);
  } finally {
    clearTimeout(timer);
    signal.removeEventListener("abort", onAbort);
  }
}
