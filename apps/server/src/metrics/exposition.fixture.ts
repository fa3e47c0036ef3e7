/** The samples of a page in Prometheus' text format: `name{a="b"}` to its number. */
export function samples(page: string): Record<string, number> {
  const lines = page.split("\n").filter((line) => line.startsWith("chaos_"));
  return Object.fromEntries(
    lines.map((line) => {
      const end = line.lastIndexOf(" ");
      return [line.slice(0, end), Number(line.slice(end + 1))];
    }),
  );
}

/** What all series of a metric add up to; with `where`, of those that have this label. */
export function sumOf(page: string, metric: string, where = ""): number {
  const name = (series: string) => series.split("{", 1)[0];
  const some = Object.entries(samples(page)).filter(([series]) => name(series) === metric && series.includes(where));
  return some.reduce((sum, [, value]) => sum + value, 0);
}
