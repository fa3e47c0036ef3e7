import { readFile } from "node:fs/promises";
import type { Client } from "pg";

/** Runs a query of ours that describes something, one line a row. */
export async function describeBy(client: Client, query: URL): Promise<string[]> {
  const { rows } = await client.query<{ line: string }>(await readFile(query, "utf8"));
  return rows.map(({ line }) => line);
}

/** What was there and is not, then what is there and was not. */
export function differences(before: readonly string[], after: readonly string[]): string[] {
  const [was, is] = [new Set(before), new Set(after)];
  return [
    ...[...was.difference(is)].sort().map((line) => `gone: ${line}`),
    ...[...is.difference(was)].sort().map((line) => `new: ${line}`),
  ];
}

export interface RowDifference {
  missing: number;
  extra: number;
  changed: number;
  /** The keys of the first of them. */
  examples: string[];
}

/** Compares rows by key; both maps lead from a row's key to a hash of all of it. */
export function rowDifference(
  expected: ReadonlyMap<string, string>,
  actual: ReadonlyMap<string, string>,
): RowDifference {
  const missing = [...expected.keys()].filter((key) => !actual.has(key));
  const extra = [...actual.keys()].filter((key) => !expected.has(key));
  const changed = [...expected]
    .filter(([key, hash]) => actual.has(key) && actual.get(key) !== hash)
    .map(([key]) => key);
  const examples = [...missing, ...extra, ...changed].slice(0, 3);
  return { missing: missing.length, extra: extra.length, changed: changed.length, examples };
}
