import type { Dialect } from "../dialect.ts";
import type { Column, Table } from "../schema.ts";
import type { Value } from "../session.ts";

/** How many rows one statement names by their keys. */
export const keysAtOnce = 200;

export const columnsOf = (table: Table, names: readonly string[]): Column[] =>
  names.map((name) => table.columns.find((column) => column.name === name)!);

/** A condition that finds exactly the rows with these keys, by an index. */
export function keyCondition(
  dialect: Dialect,
  key: readonly Column[],
  keys: readonly (readonly string[])[],
  { alias }: { alias?: string } = {},
): { sql: string; values: Value[] } {
  let position = 0;
  const one = () => key.map((column) => dialect.matches(column, dialect.placeholder(++position), alias)).join(" AND ");
  return { sql: keys.map(() => `(${one()})`).join(" OR "), values: keys.flat() };
}

export function* inGroups<T>(items: readonly T[], size: number): Generator<T[]> {
  for (let from = 0; from < items.length; from += size) yield items.slice(from, from + size);
}
