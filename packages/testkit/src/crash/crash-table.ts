/** What became of the kills of one kind. */
export interface CrashCell {
  /** `before an undo record`, `at a random moment`. */
  where: string;
  kills: number;
  /** In how many of them the fault was there at that moment. */
  landed: number;
  /** Points that a run did not come to: it went another way than the one that was counted. */
  missed: number;
  /** What was not as before after the recovery, one line each. */
  residues: string[];
}

export interface CrashReport {
  name: string;
  cells: CrashCell[];
  /** Of how many points these are a sample. */
  outOf: number;
}

export const crashTotals = ({ cells }: CrashReport) => ({
  kills: cells.reduce((sum, { kills }) => sum + kills, 0),
  landed: cells.reduce((sum, { landed }) => sum + landed, 0),
  residues: cells.flatMap(({ residues }) => residues),
});

/** The matrix as markdown. */
export function crashTable(report: CrashReport): string {
  const { kills, landed, residues } = crashTotals(report);
  const row = (...cells: (string | number)[]) => `| ${cells.join(" | ")} |`;
  return [
    `**${report.name}**: ${kills} kills out of ${report.outOf} points, ${residues.length} residues`,
    "",
    row("killed", "kills", "fault was there", "was not", "residues"),
    row("---", "---:", "---:", "---:", "---:"),
    ...report.cells.map((cell) =>
      row(cell.where, cell.kills, cell.landed, cell.kills - cell.landed, cell.residues.length),
    ),
    row("all", kills, landed, kills - landed, residues.length),
  ].join("\n");
}
