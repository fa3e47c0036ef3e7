import stringWidth from "string-width";
import { wrapWords } from "./wrap-words.ts";

export interface TableOptions {
  /** Fit into so many columns by wrapping the last column; undefined: never wrap. */
  width?: number | undefined;
  heading?: (text: string) => string;
}

const gap = "  ";

/** Text from elsewhere, with nothing in it that a terminal would act on instead of showing. */
export const shown = (text: string) => text.replaceAll(/[\p{Cc}\p{Bidi_Control}]/gu, "\ufffd");

/** Aligned columns for people. Numbers stand at the right; the last column wraps where it would be too long. */
export function table(
  columns: readonly string[],
  rows: readonly (readonly (string | number | boolean | null)[])[],
  { width, heading = (text) => text }: TableOptions = {},
): string {
  const right = columns.map(
    (_, i) => rows.length > 0 && rows.every((row) => row[i] === null || typeof row[i] === "number"),
  );
  const body = rows.map((row) => row.map(cell));
  const head = columns.map((column) => column.toUpperCase());
  const widths = columns.map((_, i) => Math.max(...[head, ...body].map((row) => stringWidth(row[i] ?? ""))));
  const before = widths.slice(0, -1).reduce((sum, one) => sum + one + gap.length, 0);
  const room = width === undefined ? Infinity : Math.max(width - before, 16);
  const line = (row: readonly string[]) =>
    row.map((text, i) => (i === row.length - 1 && !right[i] ? text : pad(text, widths[i]!, right[i]!))).join(gap);
  const wrapped = body.flatMap((row) => {
    const last = row.at(-1) ?? "";
    const [first = "", ...rest] = right.at(-1) ? [last] : wrap(last, room);
    return [line([...row.slice(0, -1), first]), ...rest.map((text) => " ".repeat(before) + text)];
  });
  return [heading(line(head)), ...wrapped].map((text) => text.trimEnd()).join("\n");
}

const cell = (value: string | number | boolean | null): string => {
  if (value === null) return "-";
  return typeof value === "number" ? value.toLocaleString("en-US") : shown(String(value).replaceAll(/\s+/g, " "));
};

function pad(text: string, width: number, right: boolean): string {
  const space = " ".repeat(Math.max(0, width - stringWidth(text)));
  return right ? space + text : text + space;
}

/** Breaks text between words so that no line is wider than `width`, where words allow it. */
export const wrap = (text: string, width: number): string[] => wrapWords(shown(text), width, stringWidth);
