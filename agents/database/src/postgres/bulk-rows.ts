import { type BulkRows, type RowsAsked, pickedShare } from "../rows/bulk-rows.ts";
import type { Table } from "../schema.ts";
import type { Value } from "../session.ts";
import { beginPinned, xid32 } from "./pinned-transaction.ts";
import { postgresValues, quote, textArray } from "./values.ts";

/**
 * Values travel as arrays of text, one an array a column: a statement for any number of rows. A row bears the id of the
 * transaction that wrote it, so that is its version.
 */
export const postgresBulkRows: BulkRows = {
  async begin(database, session, signal) {
    return { xid: await beginPinned(database, session, signal) };
  },

  /** The server keeps what was picked; it outlives the transactions of the groups. */
  async *pick(database, session, { table, key }, { rows, atOnce }, signal) {
    const { dialect, since } = database;
    const list = key.map(({ name }) => quote(name)).join(", ");
    const before = since === null ? "" : ` AND ${dialect.existedBefore(since)}`;
    const pick = async (share: number) => {
      const some = `SELECT ${list} FROM ${only(table)} WHERE ${dialect.chance(share)}${before} LIMIT ${rows}`;
      const sorted = `SELECT * FROM (${some}) picked ORDER BY ${list}`;
      await session.query(`DECLARE ${cursor} SCROLL CURSOR WITH HOLD FOR ${sorted}`, [], { signal });
      return await session.execute(`MOVE FORWARD ALL IN ${cursor}`, [], { signal });
    };
    const share = pickedShare(table, rows);
    if ((await pick(share)) < rows && share < 1) {
      await session.query(`CLOSE ${cursor}`, [], { signal });
      await pick(1);
    }
    await session.query(`MOVE ABSOLUTE 0 IN ${cursor}`, [], { signal });
    for (;;) {
      const keys = (await session.rows(`FETCH ${atOnce} FROM ${cursor}`, [], { signal })) as string[][];
      if (keys.length === 0) return;
      yield keys;
    }
  },

  async read(session, { table, key, columns }, keys, { lock, signal }) {
    if (keys.length === 0) return [];
    const list = [...key, ...columns].map((column) => postgresValues.read(column, "t"));
    // changing what is no key leaves those alone who only point to the row
    const locking = lock ? ` FOR NO KEY UPDATE OF t${lock === "skip" ? " SKIP LOCKED" : ""}` : "";
    const statement = `SELECT ${[...list, "t.xmin"].join(", ")} FROM ${only(table)} t JOIN ${arrays(key.length)} ON ${onKey(key, key.length)}`;
    const ordered = ` ORDER BY ${key.map(({ name }) => `t.${quote(name)}`).join(", ")}`;
    const rows = await session.rows(statement + ordered + locking, [...transposed(keys, key.length), ...ends(keys)], {
      signal,
    });
    return rows.map((row) => ({
      key: row.slice(0, key.length) as string[],
      values: row.slice(key.length, -1),
      version: row.at(-1)!,
    }));
  },

  async write(session, { table, key, columns }, rows, signal) {
    if (rows.length === 0) return;
    const width = key.length + columns.length;
    const sets = columns.map(
      (column, i) => `${quote(column.name)} = ${postgresValues.write(column, `v.c${key.length + i}`)}`,
    );
    const statement = `UPDATE ${only(table)} t SET ${sets.join(", ")} FROM ${arrays(width)} WHERE ${onKey(key, width)}`;
    const values = transposed(
      rows.map((row) => [...row.key, ...row.values]),
      width,
    );
    await session.execute(statement, [...values, ...ends(rows.map((row) => row.key))], { signal });
  },

  isOurs: (versions, version) => "xid" in versions && version === xid32(versions.xid),
};

const cursor = '"chaos picked"';

/** Rows of children are not this table's own; those of partitions are. */
const only = (table: Table) => `${table.kind === "partitioned" ? "" : "ONLY "}${postgresValues.table(table)}`;

/** Keys come in their own order: the outermost ones keep the planner to a piece of the table. */
const onKey = (key: RowsAsked["key"], width: number) =>
  [
    ...key.map((column, i) => postgresValues.matches(column, `v.c${i}`, "t")),
    `t.${quote(key[0]!.name)} BETWEEN $${width + 1}::${key[0]!.type} AND $${width + 2}::${key[0]!.type}`,
  ].join(" AND ");

const ends = (keys: readonly (readonly string[])[]): string[] => [keys[0]![0]!, keys.at(-1)![0]!];

const places = (count: number) => Array.from({ length: count }, (_, i) => i);

const arrays = (count: number) =>
  `ROWS FROM (${places(count)
    .map((i) => `pg_catalog.unnest($${i + 1}::text[])`)
    .join(", ")}) v(${places(count)
    .map((i) => `c${i}`)
    .join(", ")})`;

const transposed = (rows: readonly (readonly Value[])[], width: number): string[] =>
  places(width).map((i) => textArray(rows.map((row) => row[i]!)));
