import type { BulkRows, RowsAsked } from "../rows/bulk-rows.ts";
import type { Session, Value } from "../session.ts";
import { postgresValues, quote, textArray } from "./values.ts";

/** Values travel as arrays of text, one an array a column: a statement for any number of rows. */
export const postgresBulkRows: BulkRows = {
  async read(session, { table, key, columns }, keys, { lock, signal }) {
    const list = [...key, ...columns].map((column) => postgresValues.read(column, "t"));
    const all = table.columns.map(({ name }) => `t.${quote(name)}`).join(", ");
    const statement =
      `SELECT ${[...list, `pg_catalog.md5(ROW(${all})::text)`].join(", ")} ` +
      `FROM ${postgresValues.table(table)} t JOIN ${arrays(key.length)} ON ${onKey(key)}${lock ? " FOR UPDATE OF t" : ""}`;
    const rows = await session.rows(statement, transposed(keys, key.length), { signal });
    return rows.map((row) => ({
      key: row.slice(0, key.length) as string[],
      values: row.slice(key.length, -1),
      digest: row.at(-1)!,
    }));
  },

  async write(session: Session, { table, key, columns }: RowsAsked, rows, signal) {
    const width = key.length + columns.length;
    const sets = columns.map(
      (column, i) => `${quote(column.name)} = ${postgresValues.write(column, `v.c${key.length + i}`)}`,
    );
    const statement = `UPDATE ${postgresValues.table(table)} t SET ${sets.join(", ")} FROM ${arrays(width)} WHERE ${onKey(key)}`;
    return await session.execute(
      statement,
      transposed(
        rows.map((row) => [...row.key, ...row.values]),
        width,
      ),
      { signal },
    );
  },
};

const onKey = (key: RowsAsked["key"]) =>
  key.map((column, i) => postgresValues.matches(column, `v.c${i}`, "t")).join(" AND ");

const places = (count: number) => Array.from({ length: count }, (_, i) => i);

const arrays = (count: number) =>
  `ROWS FROM (${places(count)
    .map((i) => `pg_catalog.unnest($${i + 1}::text[])`)
    .join(", ")}) v(${places(count)
    .map((i) => `c${i}`)
    .join(", ")})`;

const transposed = (rows: readonly (readonly Value[])[], width: number): string[] =>
  places(width).map((i) => textArray(rows.map((row) => row[i]!)));
