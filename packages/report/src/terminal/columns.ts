import stringWidth from "string-width";
import { oneLine } from "../visible.ts";
import type { Ink, Paint } from "./paint.ts";

const ascii = /^[\x20-\x7e]*$/;
const graphemes = new Intl.Segmenter("en", { granularity: "grapheme" });

/** Columns a text takes on a terminal: wide characters take two, combining ones none. */
export const displayWidth = (text: string) => (ascii.test(text) ? text.length : stringWidth(text));

/** Text from elsewhere on one line, cut to a number of columns with an ellipsis. */
export function fitted(text: string, width: number, ellipsis = "…"): string {
  const line = oneLine(text.length > 2_000 ? text.slice(0, 2_000) : text);
  if (displayWidth(line) <= width) return line;
  if (width <= 0) return "";
  const room = width - displayWidth(ellipsis);
  if (room < 0) return ellipsis.slice(0, width);
  let kept = "";
  let used = 0;
  for (const { segment } of graphemes.segment(line)) {
    used += displayWidth(segment);
    if (used > room) break;
    kept += segment;
  }
  return kept.trimEnd() + ellipsis;
}

/** Text on as many lines as it takes; a word longer than a line is cut. */
export function wrapped(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of oneLine(text).split(" ")) {
    const joined = line === "" ? word : `${line} ${word}`;
    if (displayWidth(joined) <= width) line = joined;
    else {
      if (line !== "") lines.push(line);
      line = fitted(word, width);
    }
  }
  return line === "" ? lines : [...lines, line];
}

export interface Cell {
  text: string;
  ink?: Ink;
  align?: "right";
}

export interface GridOptions {
  paint: Paint;
  width: number;
  indent?: number;
  ellipsis?: string;
  /** The columns that give way first, down to eight characters; where that is not enough, the widest. */
  give?: readonly number[];
}

/** Rows in columns, each as wide as it needs; the widest give way until all fit, down to what can still be read. */
export function grid(
  rows: readonly (readonly Cell[])[],
  { paint, width, indent = 2, ellipsis = "…", give = [] }: GridOptions,
): string[] {
  const clean = rows.map((row) => row.map((cell) => ({ ...cell, text: fitted(cell.text, width, ellipsis) })));
  const count = clean.reduce((most, row) => Math.max(most, row.length), 0);
  const widths = Array.from({ length: count }, (_, index) =>
    clean.reduce((most, row) => Math.max(most, displayWidth(row[index]?.text ?? "")), 0),
  );
  const gap = 2;
  const total = () => indent + widths.reduce((sum, one) => sum + (one > 0 ? one + gap : 0), -gap);
  while (total() > width) {
    const giving = give.filter((index) => widths[index]! > 8);
    const choice = giving.length > 0 ? giving : [...widths.keys()];
    const widest = choice.reduce((most, index) => (widths[index]! > widths[most]! ? index : most), choice[0]!);
    if (widths[widest]! <= 1) break;
    widths[widest]! -= 1;
  }
  return clean.map((row) => {
    const parts: string[] = [];
    row.forEach(({ text, ink = "plain", align }, index) => {
      const room = widths[index] ?? 0;
      if (room === 0) return;
      const shown = fitted(text, room, ellipsis);
      const padding = " ".repeat(room - displayWidth(shown));
      parts.push(align === "right" ? padding + paint(ink, shown) : paint(ink, shown) + padding);
    });
    return fittedEnd(" ".repeat(indent) + parts.join(" ".repeat(gap)));
  });
}

const fittedEnd = (line: string) => line.replace(/ +$/, "");
