import { furtherReason } from "../fold/summarise.ts";
import type { RunReport } from "../report.ts";
import { shownVerdict } from "../verdict.ts";
import { type Cell, fitted, grid, wrapped } from "./columns.ts";
import { type Colours, painter, signs } from "./paint.ts";
import {
  faultRows,
  figureRows,
  headerRows,
  leftRows,
  mostRows,
  type NotedRow,
  probeRows,
  sampledRows,
  undoRows,
} from "./report-rows.ts";

export interface TextOptions {
  color: Colours;
  /** Columns; between 30 and 120 are used. */
  width: number;
  unicode?: boolean;
}

/** The report for a terminal, a pipe or a mail. */
export function renderText(report: RunReport, { color, width: columns, unicode = true }: TextOptions): string {
  const width = Math.max(30, Math.min(columns, 120));
  const paint = painter(color);
  const sign = signs(unicode);
  const ellipsis = unicode ? "…" : "~";
  const rows = (cells: readonly (readonly Cell[])[], give: readonly number[] = []) =>
    grid(cells, { paint, width, ellipsis, give });
  const noted = (entries: readonly NotedRow[], give: readonly number[]) => {
    const lines = rows(
      entries.map((entry) => entry.cells),
      give,
    );
    return entries.flatMap(({ notes }, index) => [lines[index]!, ...notes.flatMap((note) => indented(note, 5))]);
  };
  const indented = (text: string, left = 2) => wrapped(text, width - left).map((line) => " ".repeat(left) + line);
  const section = (title: string, body: readonly string[]) =>
    body.length === 0 ? [] : ["", paint("strong", fitted(title, width, ellipsis)), ...body];

  const { header, summary, findings, sources } = report;
  const reason = furtherReason(report);
  const { title, tone } = shownVerdict(report.verdict);
  const levels = { error: "bad", warning: "warn", info: "dim" } as const;
  const name = fitted(header.experiment ?? "", width - title.length - 4, ellipsis);
  const heading = `${paint(tone, `${sign[tone]} ${title}`)}  ${paint("strong", name)}`;
  const lines = [
    heading,
    ...indented(summary),
    ...(reason === null ? [] : indented(reason)),
    ...(report.remedy === null
      ? []
      : indented(report.remedy, 8).map((line, index) => (index === 0 ? `  hint: ${line.trimStart()}` : line))),
    "",
    ...rows(headerRows(report)),
    ...section("Hypothesis", header.hypothesis === null ? [] : indented(header.hypothesis)),
    ...section("Figures", noted(figureRows(report, width >= 70), [2])),
    ...sources.flatMap((source) =>
      section(`Measured: ${source.source}, medians`, rows(sampledRows(source, report, { width, unicode }), [0])),
    ),
    ...section("Steady state", rows(probeRows(report, width >= 110), [0])),
    ...section("Faults", noted(faultRows(report, sign), [1, 2])),
    ...section("Undo", noted(undoRows(report, sign), [1, 2])),
    ...section(
      "Preflight",
      findings.slice(0, mostRows).flatMap(({ level, message, remedy }) => {
        const [first = "", ...rest] = indented(message, 11);
        const lines = [`  ${paint(levels[level], level.padEnd(7))}  ${first.trimStart()}`, ...rest];
        return remedy ? [...lines, ...indented(`${sign.arrow} ${remedy}`, 11)] : lines;
      }),
    ),
    ...section("Still to be put back", noted(leftRows(report, sign), [2])),
    ...(report.retry === null ? [] : ["", ...indented(report.retry).map((line) => paint("strong", line))]),
  ];
  return `${lines.join("\n")}\n`;
}
