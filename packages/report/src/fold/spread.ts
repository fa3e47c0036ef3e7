import type { PerWindow, Spread } from "../report.ts";

/** What can be said of measured numbers; nulls are not among them. */
export function spreadOf(values: Iterable<number | null>): Spread {
  const measured: number[] = [];
  for (const value of values) if (value !== null) measured.push(value);
  // as bare doubles they sort many times faster
  const sorted = new Float64Array(measured).sort();
  const n = sorted.length;
  const rank = (percent: number) => sorted[Math.max(0, Math.ceil((percent / 100) * n) - 1)] ?? null;
  return {
    n,
    sum: n === 0 ? null : finite(sorted.reduce((total, value) => total + value, 0)),
    min: sorted[0] ?? null,
    p50: rank(50),
    p95: rank(95),
    p99: rank(99),
    max: sorted.at(-1) ?? null,
  };
}

/** A sum past what a double holds is no number we measured. */
const finite = (value: number) => (Number.isFinite(value) ? value : null);

/** Splits moments by whether faults stood. Without any fault all of it is `before`. */
export function perWindow<Item, Stats>(
  items: readonly Item[],
  timeOf: (item: Item, index: number) => number,
  disturbed: { from: number | null; until: number | null },
  statsOf: (items: Item[]) => Stats,
): PerWindow<Stats> {
  const from = disturbed.from ?? Infinity;
  const until = disturbed.until ?? Infinity;
  const parts: PerWindow<Item[]> = { before: [], during: [], after: [] };
  items.forEach((item, index) => {
    const t = timeOf(item, index);
    parts[t < from ? "before" : t <= until ? "during" : "after"].push(item);
  });
  return { before: statsOf(parts.before), during: statsOf(parts.during), after: statsOf(parts.after) };
}
