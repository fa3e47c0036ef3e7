import { hidden, redactor } from "@chaos-agents/core";
import { LineCounter } from "yaml";
import type { Excerpt } from "./diagnostic.ts";

/** A stretch of a file, as offsets into its text. */
export interface Span {
  start: number;
  end: number;
}

const widest = 120;
const hideUrls = redactor([]);
/** Wider than the journal's rule for secret keys, so that a misspelt `passwrd` is hidden too. */
const secretEntry =
  /((?:pass|pw|secret|token|api_?key|cred|authorization)\w*["']?\s*:\s+)("[^"]*"?|'[^']*'?|[^\s,}][^,}]*)/gi;

/** The text of a file, which knows where its lines are. */
export class SourceText {
  readonly name: string;
  readonly text: string;
  readonly lines = new LineCounter();

  constructor(name: string, text: string) {
    this.name = name;
    this.text = text;
    this.lines.addNewLine(0);
    for (let at = text.indexOf("\n"); at >= 0; at = text.indexOf("\n", at + 1)) this.lines.addNewLine(at + 1);
  }

  position(offset: number): { line: number; column: number } {
    const { line, col } = this.lines.linePos(offset);
    return { line, column: col };
  }

  excerpt({ start, end }: Span): Excerpt | undefined {
    const { line, column } = this.position(start);
    const lineStart = this.lines.lineStarts[line - 1]!;
    const lineEnd = this.lines.lineStarts[line] ?? this.text.length + 1;
    const whole = this.text.slice(lineStart, lineEnd - 1).trimEnd();
    const full = show(whole);
    if (full.trim() === "") return undefined;
    const before = show(whole.slice(0, column - 1));
    const marked = show(whole.slice(0, Math.min(end, lineEnd - 1) - lineStart));
    const caret = full.startsWith(before) ? before.length : full.length;
    const width = Math.max(1, full.startsWith(marked) ? marked.length - caret : 1);
    const from = Math.max(0, Math.min(caret - widest / 2, full.length - widest));
    return {
      text: full.slice(from, from + widest),
      caret: caret - from,
      width: Math.min(width, widest - caret + from),
    };
  }
}

/** A line as it may be shown: no secrets, nothing a terminal would obey. */
function show(line: string): string {
  const safe = line.replace(secretEntry, (_, key: string) => `${key}${hidden}`);
  return fitToShow(safe.replaceAll("\t", "  "));
}

/** Text without passwords in URLs, and without characters that terminals obey or that hide themselves. */
export const fitToShow = (text: string): string =>
  hideUrls(text).replace(/[\p{Cc}\p{Cf}\p{Cs}\u2028\u2029]/gu, (character) => (character === "\n" ? "\n" : "\u{fffd}"));
