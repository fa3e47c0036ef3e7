import { findSecrets } from "@chaos-agents/core";
import { type Environment, type Expanded, asScalar, expand } from "./reference.ts";
import type { Path } from "./problems.ts";
import type { Span } from "./source-text.ts";

interface Place {
  path: Path;
  /** Undefined where there is no file. */
  span: Span | undefined;
  keySpan?: Span | undefined;
}

export interface LocatedMapping extends Place {
  kind: "mapping";
  entries: Map<string, Located>;
}

export interface LocatedList extends Place {
  kind: "list";
  items: Located[];
}

export interface LocatedScalar extends Place {
  kind: "scalar";
  value: string | number | boolean | null;
  text?: Expanded;
  /** Variables without a value, and where in the file. */
  missing?: { name: string; span: Span }[];
  /** It cannot be judged: a variable has no value, or it was refused already. */
  unknown?: boolean;
}

/** A value of the file that knows where it stands; texts have their variables filled in. */
export type Located = LocatedMapping | LocatedList | LocatedScalar;

export const child = (node: Located | undefined, key: string | number): Located | undefined =>
  node?.kind === "mapping"
    ? node.entries.get(String(key))
    : node?.kind === "list"
      ? node.items[Number(key)]
      : undefined;

/** The node at a path below `node`, or undefined. */
export const below = (node: Located, path: Path): Located | undefined =>
  path.reduce<Located | undefined>((here, step) => child(here, step), node);

export const items = (node: Located | undefined): Located[] => (node?.kind === "list" ? node.items : []);

export const textOf = (node: Located | undefined): string | undefined =>
  node?.kind === "scalar" && typeof node.value === "string" ? node.value : undefined;

export function* scalars(node: Located): Generator<LocatedScalar> {
  if (node.kind === "scalar") yield node;
  else for (const inner of node.kind === "list" ? node.items : node.entries.values()) yield* scalars(inner);
}

export const isIncomplete = (node: Located): boolean => scalars(node).some(({ unknown }) => unknown === true);

/** The value as plain data. */
export function plain(node: Located): unknown {
  if (node.kind === "scalar") return node.value;
  if (node.kind === "list") return node.items.map(plain);
  return Object.fromEntries([...node.entries].map(([key, inner]) => [key, plain(inner)]));
}

/** Every secret in it, variables filled in. */
export function secretsIn(node: Located): Set<string> {
  const key = String(node.path.at(-1) ?? "");
  const named = [...scalars(node)].flatMap(({ text }) => text?.secrets ?? []);
  return findSecrets({ [key]: plain(node) }).union(new Set(named));
}

/** The value as it was written, variables not filled in; `secret` is told of texts that are secret as a whole. */
export function written(node: Located, secret: (text: string) => string): unknown {
  if (node.kind === "list") return node.items.map((item) => written(item, secret));
  if (node.kind === "mapping") {
    return Object.fromEntries([...node.entries].map(([key, inner]) => [key, written(inner, secret)]));
  }
  if (!node.text) return node.value;
  return node.text.secretDefault ? secret(node.text.source) : node.text.source;
}

/** Lets a lone reference stand for the number or the true/false that its text looks like. */
export function rereadLoneReference(node: Located | undefined): boolean {
  if (node?.kind !== "scalar" || !node.text?.lone || typeof node.value !== "string") return false;
  node.value = asScalar(node.value);
  return typeof node.value !== "string";
}

/** Plain data from a journal, as if it had been read from a file. */
export function locate(value: unknown, env: Environment, path: Path = []): Located {
  const place = { path, span: undefined };
  if (typeof value === "string") {
    const text = expand(value, env, { journal: true });
    return { ...place, kind: "scalar", value: text.value, text, unknown: text.missing.length > 0 };
  }
  if (Array.isArray(value)) {
    return { ...place, kind: "list", items: value.map((item, index) => locate(item, env, [...path, index])) };
  }
  if (value !== null && typeof value === "object") {
    const entries = Object.entries(value).map(([key, inner]) => [key, locate(inner, env, [...path, key])] as const);
    return { ...place, kind: "mapping", entries: new Map(entries) };
  }
  return { ...place, kind: "scalar", value: value as number | boolean | null };
}
