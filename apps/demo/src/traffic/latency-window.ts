import { type FailureKind, failureKinds } from "./failure-kind.ts";

/** The second before `at`, as the customers saw it. */
export interface TrafficSample {
  /** Wall clock, milliseconds. */
  at: number;
  /** Requests answered well, per second. */
  throughput: number;
  /** Milliseconds from when a request was meant to start until it was answered well; null when none was. */
  p50: number | null;
  p95: number | null;
  p99: number | null;
  /** Failed requests per second. */
  errors: Record<FailureKind, number>;
  /** Requests waiting for their answer now. */
  inflight: number;
}

export const sampleEvery = 250;
const windowLength = 4;

interface Slot {
  latencies: number[];
  errors: Record<FailureKind, number>;
}

const noErrors = () =>
  Object.fromEntries(Object.keys(failureKinds).map((kind) => [kind, 0])) as Record<FailureKind, number>;
const emptySlot = (): Slot => ({ latencies: [], errors: noErrors() });

/** The smallest value that at least `share` of all are not above; exact, and null of nothing. */
export function percentile(sorted: readonly number[], share: number): number | null {
  return sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)] ?? null;
}

/** Keeps the last second in quarters. Every latency is kept, and sorted when asked: there are a few hundred. */
export class LatencyWindow {
  #slots: Slot[] = [emptySlot()];
  readonly totals = { completed: 0, failed: noErrors() };

  completed(ms: number): void {
    this.#slots[0]!.latencies.push(ms);
    this.totals.completed++;
  }

  failed(kind: FailureKind): void {
    this.#slots[0]!.errors[kind]++;
    this.totals.failed[kind]++;
  }

  /** Closes the current quarter; to be called every `sampleEvery`. */
  sample(at: number, inflight: number): TrafficSample {
    const perSecond = 1000 / (sampleEvery * this.#slots.length);
    const latencies = this.#slots.flatMap((slot) => slot.latencies).sort((a, b) => a - b);
    const errors = noErrors();
    for (const slot of this.#slots) {
      for (const kind of Object.keys(errors) as FailureKind[]) errors[kind] += slot.errors[kind] * perSecond;
    }
    this.#slots = [emptySlot(), ...this.#slots.slice(0, windowLength - 1)];
    return {
      at,
      throughput: latencies.length * perSecond,
      p50: percentile(latencies, 0.5),
      p95: percentile(latencies, 0.95),
      p99: percentile(latencies, 0.99),
      errors,
      inflight,
    };
  }
}
