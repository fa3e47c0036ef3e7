import type { Column } from "../schema.ts";

export const quote = (identifier: string): string => `"${identifier.replaceAll('"', '""')}"`;
export const literal = (text: string): string => {
  const quoted = `'${text.replaceAll("'", "''")}'`;
  return quoted.includes("\\") ? ` E${quoted.replaceAll("\\", "\\\\")}` : quoted;
};
/** A value for a parameter of type text[]. */
export const textArray = (items: readonly (string | null)[]): string => `{${items.map(arrayItem).join(",")}}`;

const special = /["\\]/;
const arrayItem = (item: string | null): string =>
  item === null ? "NULL" : `"${special.test(item) ? item.replaceAll("\\", "\\\\").replaceAll('"', '\\"') : item}"`;

const named = (column: Column, alias?: string) => (alias ? `${alias}.${quote(column.name)}` : quote(column.name));

export const postgresValues = {
  quote,
  literal,
  table: ({ schema, name }: { schema: string; name: string }) => `${quote(schema)}.${quote(name)}`,
  placeholder: (position: number) => `$${position}`,
  fold: (identifier: string) => identifier.toLowerCase(),
  beginSnapshot: "BEGIN ISOLATION LEVEL REPEATABLE READ",
  chance: (share: number) => (share >= 1 ? "true" : `pg_catalog.random() < ${share}`),
  // ids go round: a row older than half the circle has a negative age
  existedBefore: (since: string) =>
    `pg_catalog.age(xmin) NOT BETWEEN 0 AND pg_catalog.age('${BigInt(since) & 0xffffffffn}'::xid)`,
  // the driver hands on the text of the type's own output function
  read: (column: Column, alias?: string) => named(column, alias),
  write: (column: Column, placeholder: string) => `${placeholder}::${column.type}`,
  matches: (column: Column, placeholder: string, alias?: string) =>
    `${named(column, alias)} = ${placeholder}::${column.type}`,
  // %L is the output function again, null-safe, for every type there is: json and points have no equality
  same: (column: Column, placeholder: string, alias?: string) =>
    `pg_catalog.format('%L', ${named(column, alias)}) = pg_catalog.format('%L', ${placeholder}::text)`,
};
