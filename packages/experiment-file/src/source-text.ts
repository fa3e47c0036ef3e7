import { hidden, redactor } from "@chaos-agents/core";
import { LineCounter } from "yaml";
import type { Excerpt } from "./diagnostic.ts";

/** A stretch of a file, as offsets into its text. */
export interface Span {
  start: number;
  end: number;
}

const widest = 120;
const longestSecret = 4_096;
const longestText = longestSecret * 2;
const hideUrls = redactor([]);
/** `user:password@host`, for URLs too broken to be known as such. */
const likeLogin = /([\w.%-]{1,64}):([^\s:/@"']+)@(?=[\w[])/g;
/** Wider than the journal's rule for secret keys, so that a misspelt `passwrd` is hidden too. */
const secretEntry =
  /((?:(?:pass|pw|secret|cred)\w*|token|api_?key|authorization)["']?\s*:\s+)("[^"]*"?|'[^']*'?|[^\s,}](?:[^,}]*[^\s,}])?)/gi;

const onlyReferences = /^["']?(?:\$\{\w+\})+["']?$/;

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

  restOfLine(offset: number): string {
    const end = this.text.indexOf("\n", offset);
    return this.text.slice(offset, end < 0 ? undefined : end);
  }

  excerpt({ start, end }: Span): Excerpt | undefined {
    const { line } = this.position(start);
    // of a very long line only the surroundings, wide enough to know a URL or a key by its beginning
    const lineStart = Math.max(this.lines.lineStarts[line - 1]!, start - longestSecret);
    const lineEnd = Math.min((this.lines.lineStarts[line] ?? this.text.length + 1) - 1, start + longestSecret);
    const whole = this.text.slice(lineStart, lineEnd).trimEnd();
    const full = show(whole);
    if (full.trim() === "") return undefined;
    const before = show(whole.slice(0, start - lineStart));
    const marked = show(whole.slice(0, Math.min(end, lineEnd) - lineStart));
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
  const safe = line.replace(secretEntry, (entry, key: string, value: string) =>
    onlyReferences.test(value) ? entry : `${key}${hidden}`,
  );
  return fitToShow(safe.replaceAll("\t", "  "));
}

/** Text without passwords in URLs, and without characters that terminals obey or that hide themselves. */
export function fitToShow(text: string): string {
  const short = text.length > longestText ? `${text.slice(0, longestText)}…` : text;
  return hideUrls(short)
    .replace(likeLogin, `$1:${hidden}@`)
    .replace(/[\p{Cc}\p{Cf}\p{Cs}\u2028\u2029]/gu, (character) => (character === "\n" ? "\n" : "\u{fffd}"));
}
