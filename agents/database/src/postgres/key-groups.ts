import type { Database } from "../database.ts";
import { pickedShare } from "../rows/pick-keys.ts";
import type { Column, Table } from "../schema.ts";
import type { Session } from "../session.ts";
import { quote } from "./values.ts";

/** Rows by their keys, sorted: of each key column an array of texts, as the server writes it. */
export interface KeyGroup {
  keys: string[];
  /** Which part of the arrays, both ends included, counted from 1. */
  from: number;
  to: number;
  /** The first and the last value of the first key column. */
  ends: [string, string];
}

const cursor = '"chaos picked"';

/** Keys of rows picked at random; the server keeps them, beyond the transactions of the groups. */
export async function* pickGroups(
  database: Database,
  session: Session,
  { table, key }: { table: Table; key: readonly Column[] },
  { rows, atOnce }: { rows: number; atOnce: number },
  signal: AbortSignal,
): AsyncGenerator<KeyGroup, void> {
  const { dialect, since } = database;
  const names = key.map(({ name }) => quote(name)).join(", ");
  const before = since === null ? "" : ` AND ${dialect.existedBefore(since)}`;
  const arrays = key.map((column) => `array_agg(${exactText(column)} ORDER BY n)`);
  const first = exactText(key[0]!);
  const open = async (share: number) => {
    const picked = `SELECT ${names} FROM ${only(table)} WHERE ${dialect.chance(share)}${before} LIMIT ${rows}`;
    const numbered = `SELECT *, row_number() OVER (ORDER BY ${names}) AS n, count(*) OVER () AS total FROM (${picked}) picked`;
    const grouped = `SELECT max(total), count(*), (array_agg(${first} ORDER BY n))[1], (array_agg(${first} ORDER BY n DESC))[1], ${arrays.join(", ")}
      FROM (${numbered}) numbered GROUP BY (n - 1) / ${atOnce} ORDER BY min(n)`;
    await session.query(`DECLARE ${cursor} NO SCROLL CURSOR WITH HOLD FOR ${grouped}`, [], { signal });
  };
  const fetch = async () =>
    (await session.rows(`FETCH NEXT FROM ${cursor}`, [], { signal }))[0] as string[] | undefined;
  const share = pickedShare(table, rows);
  await open(share);
  let row = await fetch();
  if (share < 1 && Number(row?.[0] ?? 0) < rows) {
    await session.query(`CLOSE ${cursor}`, [], { signal });
    await open(1);
    row = await fetch();
  }
  for (; row !== undefined; row = await fetch()) {
    const [, count, low, high, ...keys] = row;
    yield { keys, from: 1, to: Number(count), ends: [low!, high!] };
  }
}

export const sizeOf = ({ from, to }: KeyGroup): number => to - from + 1;

export function halve(group: KeyGroup): [KeyGroup, KeyGroup] {
  const middle = (group.from + group.to) >> 1;
  return [
    { ...group, to: middle },
    { ...group, from: middle + 1 },
  ];
}

/** Rows of children are not this table's own; those of partitions are. */
export const only = (table: Table): string =>
  `${table.kind === "partitioned" ? "" : "ONLY "}${quote(table.schema)}.${quote(table.name)}`;

/**
 * A value's exact text. Casts to text lose nothing for the server's own types; others may have made casts of their own.
 * A composite value with a null in it would not pass IS NOT NULL.
 */
export const exactText = (column: Column, alias?: string): string => {
  const name = alias ? `${alias}.${quote(column.name)}` : quote(column.name);
  return column.kind === "other"
    ? `CASE WHEN pg_catalog.num_nulls(${name}) = 0 THEN pg_catalog.format('%s', ${name}) END`
    : `${name}::text`;
};

/**
 * Arrays as rows `v`, one column an array, to be joined with the rows `t` that they tell of. The outermost keys keep the
 * planner to a piece of the table. The arrays are the parameters from the first on, the ends the last two.
 */
export function keyedArrays(key: readonly Column[], arrays: readonly string[]): { from: string; on: string } {
  const names = arrays.map((_, i) => `c${i}`).join(", ");
  const first = key[0]!;
  const ends = [0, 1].map((i) => `$${arrays.length + 1 + i}::${first.type}`);
  return {
    from: `ROWS FROM (${arrays.map((array) => `pg_catalog.unnest(${array})`).join(", ")}) v(${names})`,
    on: [
      ...key.map(({ name, type }, i) => `t.${quote(name)} = v.c${i}::${type}`),
      `t.${quote(first.name)} BETWEEN ${ends.join(" AND ")}`,
    ].join(" AND "),
  };
}
