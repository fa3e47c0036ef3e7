const blocks = { unicode: "▁▂▃▄▅▆▇█", ascii: "_.-=+*%#" };
const nothing = { unicode: "·", ascii: "?" };

/** Numbers as a line of bars, from zero to the highest of them; the newest on the right. Where nothing was measured stands a dot. */
export function sparkline(values: readonly (number | null)[], width: number, unicode: boolean): string {
  const steps = inSteps(values, width);
  const high = steps.reduce<number>((most, value) => Math.max(most, value ?? 0), 0);
  const set = unicode ? "unicode" : "ascii";
  const levels = blocks[set];
  const bars = steps.map((value) => {
    if (value === null) return nothing[set];
    const share = high > 0 ? Math.max(0, value) / high : 0;
    return levels[Math.min(levels.length - 1, Math.round(share * (levels.length - 1)))]!;
  });
  return bars.join("");
}

/** The highest of each step: what went wrong for a moment must stay visible. */
function inSteps(values: readonly (number | null)[], width: number): (number | null)[] {
  if (values.length <= width) return [...values];
  return Array.from({ length: width }, (_, step) => {
    const from = Math.floor((step * values.length) / width);
    const until = Math.max(from + 1, Math.floor(((step + 1) * values.length) / width));
    return values
      .slice(from, until)
      .reduce<number | null>((high, value) => (value === null ? high : Math.max(high ?? -Infinity, value)), null);
  });
}

/** How far something is, as a bar; the share is kept within it. */
export function progressBar(share: number, width: number, [full, empty]: readonly string[]): string {
  const within = Math.max(0, Math.min(1, Number.isFinite(share) ? share : 0));
  const done = Math.floor(within * width);
  return full!.repeat(done) + empty!.repeat(width - done);
}
