import { isMap, isScalar, isSeq, parseDocument } from "yaml";

/** Where in a YAML text the cursor is: the way down to it, and whether a key or a value is being written. */
export interface YamlPlace {
  path: (string | number)[];
  /** Whose value is being written; null where a key is wanted. */
  key: string | null;
  /** What stands there already, as plain values. */
  siblings: Record<string, unknown>;
  /** The whole text as plain values, as far as it can be read. */
  whole: unknown;
}

interface Line {
  indent: number;
  dash: boolean;
  key: string | null;
}

/** Reads indentation rather than grammar, since a text that is being written is seldom whole. */
export function placeAt(text: string, offset: number): YamlPlace {
  const before = text.slice(0, offset).split("\n");
  const current = before.pop() ?? "";
  const lines = before.flatMap(linesOf);
  const own = linesOf(`${current}x`);
  const bare = own.at(-1)!;
  const value = /^(\s*(?:-\s+)*)([\w.-]+):(?:\s+\S*|\s*)$/.exec(current);
  const path = pathTo([...lines, ...own.slice(0, -1)], bare);
  const whole = plain(text);
  const without = plain(text.split("\n").toSpliced(before.length, 1).join("\n"));
  return {
    path,
    key: value ? value[2]! : null,
    siblings: groupAt(whole, path) ?? groupAt(without, path) ?? {},
    whole: whole ?? without,
  };
}

/** A line as the levels it opens: `- name: x` is an item and a key in it. */
function linesOf(text: string): Line[] {
  if (/^\s*(#.*)?$/.test(text)) return [];
  const lines: Line[] = [];
  let rest = text;
  let indent = 0;
  for (;;) {
    const [, spaces, dash] = /^(\s*)(-(?=\s|$))?/.exec(rest)!;
    indent += spaces!.length;
    rest = rest.slice(spaces!.length);
    if (!dash) break;
    lines.push({ indent, dash: true, key: null });
    rest = rest.slice(1);
    indent += 1;
  }
  const key = /^["']?([^"':#]+)["']?\s*:(?:\s|$)/.exec(rest)?.[1] ?? null;
  lines.push({ indent, dash: false, key });
  return lines;
}

/** Keys and indexes above the last line. */
function pathTo(lines: readonly Line[], last: Line): (string | number)[] {
  const path: (string | number)[] = [];
  let depth = last.indent;
  let dashes = last.dash;
  let index: number | null = null;
  for (let at = lines.length - 1; at >= 0; at -= 1) {
    const line = lines[at]!;
    if (index !== null && line.dash && line.indent === depth) {
      index += 1;
      continue;
    }
    // a list may stand as far left as the key it belongs to
    const above = line.indent < depth || (dashes && !line.dash && line.indent === depth && line.key !== null);
    if (!above) continue;
    if (line.dash) {
      if (index !== null) path.unshift(index);
      index = 0;
      depth = line.indent;
      dashes = true;
    } else if (line.key !== null) {
      if (index !== null) path.unshift(index);
      index = null;
      path.unshift(line.key);
      depth = line.indent;
      dashes = false;
    }
  }
  if (index !== null) path.unshift(index);
  return path;
}

function plain(text: string): unknown {
  try {
    const document = parseDocument(text, { strict: false, logLevel: "silent" });
    return document.contents === null ? null : toPlain(document.contents);
  } catch {
    return null;
  }
}

/** Like toJS, but without following aliases: a text may repeat itself without end. */
function toPlain(node: unknown): unknown {
  if (isScalar(node)) return node.value;
  if (isSeq(node)) return node.items.map(toPlain);
  if (isMap(node))
    return Object.fromEntries(
      node.items.map(({ key, value }) => [String(isScalar(key) ? key.value : key), toPlain(value)]),
    );
  return null;
}

function groupAt(value: unknown, path: readonly (string | number)[]): Record<string, unknown> | null {
  const found = valueAt(value, path);
  return found !== null && typeof found === "object" && !Array.isArray(found)
    ? (found as Record<string, unknown>)
    : null;
}

export const valueAt = (value: unknown, path: readonly (string | number)[]): unknown =>
  path.reduce<unknown>(
    (here, step) =>
      here !== null && typeof here === "object" ? ((here as Record<string | number, unknown>)[step] ?? null) : null,
    value,
  );
