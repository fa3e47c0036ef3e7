import type { Diagnostic } from "./diagnostic.ts";
import { type SourceText, type Span, fitToShow } from "./source-text.ts";

export type Path = readonly (string | number)[];

export const pathText = (path: Path): string =>
  path.reduce<string>((text, step) => {
    if (typeof step === "number") return `${text}[${step}]`;
    return text === "" ? step : `${text}.${step}`;
  }, "");

/** What to call the thing at a path: `rows_per_table`, `tables[2]`. */
export function subject(path: Path): string {
  const name = path.findLastIndex((step) => typeof step === "string");
  return name < 0 ? "the file" : pathText(path.slice(name));
}

export interface Problem {
  /** Undefined where there is no file: an experiment read back from a journal. */
  span: Span | undefined;
  path: Path;
  message: string;
  hint?: string | undefined;
  level?: Diagnostic["level"];
}

/** Everything found wrong with one file. */
export class Problems {
  readonly #source: SourceText;
  /** How many errors there are so far: the same before and after means all was well in between. */
  errors = 0;
  readonly #found: { offset: number; diagnostic: Diagnostic }[] = [];

  constructor(source: SourceText) {
    this.#source = source;
  }

  add({ span, path, message, hint, level = "error" }: Problem): void {
    const { line, column } = span ? this.#source.position(span.start) : { line: 0, column: 0 };
    const excerpt = span && this.#source.excerpt(span);
    const diagnostic: Diagnostic = {
      level,
      file: this.#source.name,
      line,
      column,
      path: pathText(path),
      message: fitToShow(message),
      ...(hint === undefined ? {} : { hint: fitToShow(hint) }),
      ...(excerpt ? { excerpt } : {}),
    };
    if (level === "error") this.errors++;
    this.#found.push({ offset: span?.start ?? 0, diagnostic });
  }

  /** In the order of the file, each once: as an error rather than as a warning. */
  list(): Diagnostic[] {
    const seen = new Set<string>();
    return this.#found
      .toSorted((a, b) => a.offset - b.offset || a.diagnostic.level.localeCompare(b.diagnostic.level))
      .map(({ diagnostic }) => diagnostic)
      .filter(({ line, column, path, message }) => {
        const key = JSON.stringify([line, column, line > 0 || path, message]);
        return !seen.has(key) && seen.add(key);
      });
  }
}
