import { ChaosError } from "@chaos-agents/core";

/** One thing that is wrong, or might be, at one place in a file. Holds no secret. */
export interface Diagnostic {
  level: "error" | "warning";
  file: string;
  /** From 1; 0 where there is no file, as for an experiment read back from a journal. */
  line: number;
  /** From 1, in UTF-16 units, as editors count. */
  column: number;
  /** `experiments[0].skills[1].params.rows`; empty for the file itself. */
  path: string;
  message: string;
  /** What to do about it, where we can tell. */
  hint?: string;
  excerpt?: Excerpt;
}

/** The line in question. Secrets hidden, tabs widened, long lines cut. */
export interface Excerpt {
  text: string;
  /** Where the marks start, from 0. */
  caret: number;
  width: number;
}

/** `file:line:col: message`, then the line with a caret, then the hint. */
export function renderDiagnostic({ level, file, line, column, message, hint, excerpt }: Diagnostic): string {
  const where = line > 0 ? `${file}:${line}:${column}` : file;
  const lines = [`${where}: ${level === "warning" ? "warning: " : ""}${message}`];
  if (excerpt) {
    const gutter = String(line);
    lines.push(`  ${gutter} | ${excerpt.text}`);
    lines.push(`  ${" ".repeat(gutter.length)} | ${" ".repeat(excerpt.caret)}${"^".repeat(excerpt.width)}`);
  }
  if (hint !== undefined) lines.push(hint.replace(/^/gm, "  "));
  return lines.join("\n");
}

export const renderDiagnostics = (diagnostics: readonly Diagnostic[]): string =>
  diagnostics.map(renderDiagnostic).join("\n\n");

export const hasErrors = (diagnostics: readonly Diagnostic[]): boolean =>
  diagnostics.some(({ level }) => level === "error");

/** The error for a file that cannot be used: every problem in its message, and typed in its facts. */
export function invalidFileError(diagnostics: readonly Diagnostic[]): ChaosError {
  return new ChaosError("invalid-file", renderDiagnostics(diagnostics), { facts: { diagnostics } });
}
