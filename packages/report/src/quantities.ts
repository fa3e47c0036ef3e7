/** Numbers in words, the same in every view. */

const grouped = new Intl.NumberFormat("en-US", { maximumFractionDigits: 0 });
const precise = new Intl.NumberFormat("en-US", { maximumSignificantDigits: 3 });
const scientific = new Intl.NumberFormat("en-US", { notation: "scientific", maximumSignificantDigits: 3 });

/** `1,240`, `12.3`, `0.042`; a dash for what was not measured. */
export function amount(value: number | null): string {
  if (value === null) return "–";
  const size = Math.abs(value);
  if (size >= 1e12 || (size > 0 && size < 1e-4)) return scientific.format(value);
  return size >= 100 ? grouped.format(value) : precise.format(value);
}

/** A latency or a short time: `0.42 ms`, `84 ms`, `1.84 s`, `3m 20s`. */
export function millis(ms: number | null): string {
  if (ms === null) return "–";
  if (ms < 1_000) return `${amount(ms)} ms`;
  if (ms < 120_000) return `${precise.format(ms / 1_000)} s`;
  return clock(ms);
}

/** A moment or a stretch of a run: `12.3s`, `10m 02s`, `3h 05m`. */
export function clock(ms: number): string {
  const sign = ms < 0 ? "-" : "";
  const size = Math.abs(ms);
  if (size < 599_950) return `${sign}${(size / 1_000).toFixed(1)}s`;
  const seconds = Math.round(size / 1_000);
  if (seconds < 3_600) return `${sign}${Math.floor(seconds / 60)}m ${two(seconds % 60)}s`;
  const minutes = Math.round(size / 60_000);
  if (minutes < 2_880) return `${sign}${Math.floor(minutes / 60)}h ${two(minutes % 60)}m`;
  return `${sign}${grouped.format(Math.floor(minutes / 1_440))}d ${Math.floor((minutes % 1_440) / 60)}h`;
}

const two = (value: number) => String(value).padStart(2, "0");

/** A value with its unit: `812/s`, `84 ms`, `1 row`, `3 rows`. */
export function quantity(value: number | null, unit: string | null): string {
  if (unit === "ms") return millis(value);
  if (value === null || unit === null || unit === "") return amount(value);
  if (unit.startsWith("/") || unit === "%") return `${amount(value)}${unit}`;
  return `${amount(value)} ${value === 1 ? unit.replace(/(?<=^[a-z]+[a-rt-z])s$/, "") : unit}`;
}

/** A value where its unit is said already, as in the title of its chart; times and shares keep theirs. */
export const bareQuantity = (value: number | null, unit: string | null) =>
  quantity(value, unit === "ms" || unit === "%" ? unit : null);

/** A probe's value, whatever it is. */
export const answered = (value: number | string | null) => (typeof value === "string" ? value : amount(value));

/** A moment for people, to the second, in UTC; null where it is none. */
export function utc(at: number | null): string | null {
  if (at === null || Math.abs(at) > 8.64e15) return null;
  return `${new Date(at).toISOString().slice(0, -5).replace("T", " ")} UTC`;
}
