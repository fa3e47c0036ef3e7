import { styleText } from "node:util";
import type { ProofReport, TableProof } from "./proof.ts";

const number = (n: number) => n.toLocaleString("en-US");
const count = (n: number, one: string, many = `${one}s`) => `${number(n)} ${n === 1 ? one : many}`;

function verdictOf({ equal, difference, sha256Actual, sha256Expected }: TableProof): string {
  if (equal) return `✔ identical  ${sha256Actual!.slice(0, 12)}`;
  if (sha256Actual === null) return "✘ the table is gone";
  if (sha256Expected === null) return "✘ a table that was not there before";
  const { missing, extra, changed, examples } = difference!;
  const kinds = [
    missing > 0 && `${number(missing)} missing`,
    extra > 0 && `${number(extra)} too many`,
    changed > 0 && `${number(changed)} changed`,
  ].filter(Boolean);
  return `✘ ${kinds.length > 0 ? `${kinds.join(", ")} (${examples.join("; ")})` : "differs"}`;
}

/** The proof as a table for a terminal, and one sentence that says what it means. */
export function renderProof(report: ProofReport, { color }: { color: boolean }): string {
  const paint = (format: Parameters<typeof styleText>[0], text: string) =>
    color ? styleText(format, text, { validateStream: false }) : text;
  const mark = (good: boolean, text: string) => paint(good ? "green" : "red", `${good ? "✔" : "✘"} ${text}`);

  const header = ["table", "rows before", "customers wrote", "rows now", ""];
  const body = report.tables.map((table) => [
    table.name,
    number(table.rowsBefore),
    table.ledgerWrites === 0 ? "–" : number(table.ledgerWrites),
    table.rowsAfter === null ? "–" : number(table.rowsAfter),
    verdictOf(table),
  ]);
  const widths = header.map((_, i) => Math.max(...[header, ...body].map((cells) => cells[i]!.length)));
  const line = (cells: string[]) =>
    cells.map((cell, i) => (i === 0 || i === 4 ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!))).join("  ");
  const rows = body.map((cells, i) => {
    const verdict = cells.pop()!;
    return line([...cells, ""]).trimEnd() + "  " + paint(report.tables[i]!.equal ? "green" : "red", verdict);
  });

  const list = (lines: string[]) => lines.slice(0, 5).map((text) => `    ${text}`);
  const check = (good: boolean, well: string, ill: string, lines: string[]) => [
    mark(good, good ? well : ill),
    ...list(lines),
    ...(lines.length > 5 ? [`    and ${number(lines.length - 5)} more`] : []),
  ];
  const notes = [
    report.asked > 0 &&
      `${count(report.asked, "customer")} lost the connection while committing;\nthe server says ${number(report.hadCommitted)} of those orders and carts stand.`,
    report.sequences.length > 0 &&
      `Sequences never go back: ${report.sequences.map(({ name, advanced }) => `${name} +${number(advanced)}`).join(", ")}.`,
  ].filter((note) => note !== false);

  return [
    paint("dim", line(header).trimEnd()),
    ...rows,
    "",
    ...check(
      report.schemaEqual,
      "same tables, columns, indexes and constraints",
      "the schema differs",
      report.schemaDifferences,
    ),
    ...check(report.settingsEqual, "same server settings", "server settings differ", report.settingsDifferences),
    ...check(
      report.sessionsLeft.length === 0,
      "no session of ours is left",
      "sessions of ours are left",
      report.sessionsLeft,
    ),
    ...notes.map((note) => paint("dim", note)),
    "",
    report.ok
      ? paint(
          ["bold", "green"],
          `The shop is what it was, plus exactly the ${count(report.writes, "write")} its customers made.`,
        )
      : paint(["bold", "red"], "The shop is NOT what it was plus what its customers wrote; see the ✘ above."),
  ].join("\n");
}
