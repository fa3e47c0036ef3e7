/** One line of the table: what we measured, the rival beside it in the same run, and what we aim at. */
export interface BenchRow {
  what: string;
  ours: string;
  rival: string;
  ratio: number | null;
  aim: string;
  /** Null where nothing is aimed at, or nothing could be measured. */
  met: boolean | null;
}

export const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]!;
export const quantile = (values: readonly number[], share: number): number =>
  values.toSorted((a, b) => a - b)[Math.max(0, Math.ceil(values.length * share) - 1)]!;
export const seconds = (ms: number): string => `${(ms / 1_000).toFixed(2)} s`;

export function printTable(rows: readonly BenchRow[]): void {
  const cells = [
    ["what", "ours", "rival", "ratio", "aim", ""],
    ...rows.map(({ what, ours, rival, ratio, aim, met }) => [
      what,
      ours,
      rival,
      ratio === null ? "–" : ratio.toFixed(2),
      aim,
      met === null ? "" : met ? "met" : "MISSED",
    ]),
  ];
  const widths = cells[0]!.map((_, i) => Math.max(...cells.map((line) => line[i]!.length)));
  for (const line of cells)
    process.stdout.write(
      `${line
        .map((cell, i) => cell.padEnd(widths[i]!))
        .join("  ")
        .trimEnd()}\n`,
    );
}
