import { type Document, type Node, type Pair, isAlias, isMap, isScalar, isSeq, parseDocument, visit } from "yaml";
import type { Located, LocatedScalar } from "./located.ts";
import { type Path, type Problems, subject } from "./problems.ts";
import { type Environment, expand } from "./reference.ts";
import type { SourceText, Span } from "./source-text.ts";
import { yamlWording } from "./yaml-wording.ts";

const deepest = 64;
const mostValues = 20_000;
const mostSyntaxErrors = 10;
const mostEchoes = 50;

/** Reads a YAML text; undefined, with the reasons among the problems, when it is not one. */
export function readYaml(source: SourceText, env: Environment, problems: Problems): Located | undefined {
  const document = parseDocument(source.text, {
    prettyErrors: false,
    uniqueKeys: false, // ours below is not quadratic
    stringKeys: true,
    resolveKnownTags: false,
    logLevel: "error",
  });
  if (document.directives?.yaml.explicit && document.directives.yaml.version !== "1.2") {
    const at = Math.max(0, source.text.indexOf("%YAML"));
    const message = `this is YAML ${document.directives.yaml.version}, where plain words mean other things`;
    problems.add({ span: { start: at, end: at + 9 }, path: [], message, hint: "remove the %YAML line" });
    return undefined;
  }
  const before = problems.errors;
  reportSyntax(document, source, problems);
  if (problems.errors > before) return undefined;
  const { contents } = document;
  if (!contents || (isScalar(contents) && contents.value === null)) {
    problems.add({
      span: { start: 0, end: 0 },
      path: [],
      message: "the file is empty",
      hint: "write one with chaos init",
    });
    return undefined;
  }
  return new Walk(source, env, problems).locate(contents, [], undefined);
}

/** The first mistake of each line: what follows on it is mostly its echo. */
function reportSyntax(document: Document.Parsed, source: SourceText, problems: Problems): void {
  const lines = new Set<number>();
  for (const error of [...document.errors, ...document.warnings].slice(0, mostEchoes)) {
    const { message, hint } = yamlWording(error, source.restOfLine(error.pos[0]));
    const closing = message.includes("not closed") || message.includes("never closed");
    const start = (closing ? opening(document, error.pos[0]) : undefined) ?? Math.min(error.pos[0], source.text.length);
    const { line } = source.position(start);
    if (lines.has(line)) continue;
    lines.add(line);
    if (lines.size > mostSyntaxErrors) return;
    problems.add({ span: { start, end: closing ? start + 1 : error.pos[1] }, path: [], message, hint });
  }
}

/** Where the innermost quote or bracket around an offset was opened. */
function opening(document: Document.Parsed, offset: number): number | undefined {
  let found: number | undefined;
  visit(document, {
    Node(_, node, path) {
      const { range } = node;
      if (path.length > deepest) return visit.SKIP;
      if (!range || range[0] >= offset || range[2] < offset - 1) return undefined;
      const quoted = isScalar(node) && (node.type === "QUOTE_DOUBLE" || node.type === "QUOTE_SINGLE");
      const bracket = (isMap(node) || isSeq(node)) && node.flow;
      if (quoted || bracket) found = Math.max(found ?? 0, range[0]);
      return undefined;
    },
  });
  return found;
}

/** Turns YAML nodes into ours: aliases followed, variables filled in, doubled keys found. */
class Walk {
  readonly #source: SourceText;
  readonly #env: Environment;
  readonly #problems: Problems;
  readonly #anchors = new Map<string, Node>();
  readonly #open = new Set<Node>();
  /** The outermost alias that is being followed. */
  #through: Span | undefined;
  #values = 0;

  constructor(source: SourceText, env: Environment, problems: Problems) {
    this.#source = source;
    this.#env = env;
    this.#problems = problems;
  }

  locate(node: Node | null, path: Path, keySpan: Span | undefined): Located {
    const span = spanOf(node) ?? keySpan ?? { start: 0, end: 0 };
    const place = { path, span, keySpan };
    const nothing: LocatedScalar = { ...place, kind: "scalar", value: null };
    const refused: LocatedScalar = { ...nothing, unknown: true };
    const refuse = (message: string, hint?: string): LocatedScalar => {
      this.#problems.add({ span, path, message, hint });
      return refused;
    };
    if (++this.#values > mostValues) {
      if (this.#values > mostValues + 1) return refused; // once is enough
      const message = `the file holds more than ${mostValues.toLocaleString("en")} values`;
      this.#problems.add({ span: this.#through ?? span, path, message, hint: "look at what its aliases repeat" });
      return refused;
    }
    if (path.length > deepest) return refuse(`this is nested more than ${deepest} levels deep`);
    if (isAlias(node)) {
      const target = this.#anchors.get(node.source);
      if (!target) return refuse(`there is no anchor &${node.source} above this`);
      if (this.#open.has(target)) return refuse(`the alias *${node.source} stands inside what it repeats`);
      const outermost = this.#through;
      this.#through ??= span;
      const located = this.locate(target, path, keySpan);
      this.#through = outermost;
      return located;
    }
    if (node?.anchor !== undefined) this.#anchors.set(node.anchor, node);
    if (isMap(node)) {
      this.#open.add(node);
      const entries = this.#entries(node.items as Pair<Node, Node | null>[], path);
      this.#open.delete(node);
      return { ...place, kind: "mapping", entries };
    }
    if (isSeq(node)) {
      this.#open.add(node);
      const items = node.items.map((item, index) => this.locate(item as Node | null, [...path, index], undefined));
      this.#open.delete(node);
      return { ...place, kind: "list", items };
    }
    if (!isScalar(node)) return nothing;
    const { value } = node;
    if (typeof value === "string") return this.#text(value, place);
    if (typeof value === "number" && !Number.isFinite(value)) return refuse(`${subject(path)} has to be finite`);
    if (typeof value === "number" && Number.isInteger(value) && !Number.isSafeInteger(value)) {
      return refuse(`${subject(path)} is a number too big to be exact`, "put it in quotes, where text will do");
    }
    return { ...place, kind: "scalar", value: value as number | boolean | null };
  }

  #entries(pairs: readonly Pair<Node, Node | null>[], path: Path): Map<string, Located> {
    const entries = new Map<string, Located>();
    const merged: Located[] = [];
    for (const { key, value } of pairs) {
      const name = String(isScalar(key) ? key.value : key);
      const keyStart = key.range?.[0] ?? 0;
      const keySpan = spanOf(key) ?? { start: keyStart, end: keyStart };
      if (key.anchor !== undefined) this.#anchors.set(key.anchor, key);
      const first = entries.get(name);
      if (name === "" && keySpan.end === keySpan.start) {
        this.#problems.add({ span: keySpan, path, message: "there is no key before this colon" });
      } else if (name === "__proto__") {
        this.#problems.add({ span: keySpan, path, message: "__proto__ cannot be a key" });
      } else if (first) {
        const line = this.#source.position(first.keySpan?.start ?? 0).line;
        const message = `the key "${name}" is given twice; first on line ${line}`;
        this.#problems.add({ span: keySpan, path: [...path, name], message, hint: "keep one of them" });
      } else if (name === "<<" && isScalar(key) && key.type === "PLAIN") {
        merged.push(this.locate(value, path, keySpan));
      } else {
        entries.set(name, this.locate(value, [...path, name], keySpan));
      }
    }
    for (const source of merged.flatMap((one) => (one.kind === "list" ? one.items : [one]))) {
      if (source.kind === "mapping") {
        for (const [name, inner] of source.entries) if (!entries.has(name)) entries.set(name, inner);
      } else {
        this.#problems.add({ span: source.span, path, message: "<< takes a mapping, or a list of them" });
      }
    }
    return entries;
  }

  #text(value: string, place: { path: Path; span: Span; keySpan: Span | undefined }): LocatedScalar {
    const text = expand(value, this.#env);
    for (const { message, hint, offset } of text.mistakes) {
      this.#problems.add({ span: partSpan(this.#source, place.span, value, offset), path: place.path, message, hint });
    }
    const missing = text.missing.map(({ name, offset }) => ({
      name,
      span: partSpan(this.#source, place.span, value, offset),
    }));
    const unknown = text.mistakes.length + text.missing.length > 0;
    return { ...place, kind: "scalar", value: text.value, text, missing, unknown };
  }
}

/** The place of a `${…}` in the file, or of the whole text where escapes or line breaks blur it. */
function partSpan(source: SourceText, span: Span, value: string, offset: number): Span {
  const written = source.text.slice(span.start, span.end);
  const end = value.indexOf("}", offset);
  const part = value.slice(offset, end < 0 ? undefined : end + 1);
  const occurrence = value.slice(0, offset).split(part).length - 1;
  let at = -1;
  for (let i = 0; i <= occurrence; i++) at = written.indexOf(part, at + 1);
  if (at < 0 || written.slice(0, at + part.length).includes("\n")) return span;
  return { start: span.start + at, end: span.start + at + part.length };
}

function spanOf(node: Node | null): Span | undefined {
  return node?.range && node.range[1] > node.range[0] ? { start: node.range[0], end: node.range[1] } : undefined;
}
