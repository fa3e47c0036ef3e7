export const unitMs: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** The shortest exact way to write a number of milliseconds: `90500` is `1m 30s 500ms`. */
export function formatDuration(ms: number): string {
  if (ms < 1) return "0s";
  let rest = Math.round(ms);
  const words: string[] = [];
  for (const unit of ["d", "h", "m", "s", "ms"]) {
    const amount = Math.floor(rest / unitMs[unit]!);
    if (amount > 0) words.push(`${amount}${unit}`);
    rest -= amount * unitMs[unit]!;
  }
  return words.join(" ");
}
