import type { Ask } from "../dialect.ts";
import type { TableSummary } from "../schema.ts";
import type { Row, Value } from "../session.ts";

/** `(?, ?, …)` for a list that is not empty. */
export const places = (items: readonly unknown[]): string => `(${items.map(() => "?").join(", ")})`;

export async function listSchemas(ask: Ask): Promise<string[]> {
  const rows = await ask(`
    SELECT schema_name AS name FROM information_schema.schemata
     WHERE schema_name NOT IN ('mysql', 'information_schema', 'performance_schema', 'sys') ORDER BY 1`);
  return rows.map(({ name }) => name!);
}

/**
 * What somebody has exclusively locked, MariaDB leaves out of its catalog, or has nothing to say about but an error: our
 * sessions hold a lock, their mark, and are not let wait for another. The names alone are read without opening anything.
 */
export async function listTables(ask: Ask, schemas: readonly string[]): Promise<TableSummary[]> {
  if (schemas.length === 0) return [];
  const listNames = async () =>
    await ask(
      `SELECT table_schema AS t_schema, table_name AS t_name FROM information_schema.tables
        WHERE table_schema IN ${places(schemas)} ORDER BY table_schema, table_name`,
      [...schemas],
    );
  const names = await listNames();
  const rows = await ask(
    `SELECT table_schema AS t_schema, table_name AS t_name, table_type AS type, engine AS storage, table_rows AS t_rows,
            data_length + index_length AS bytes, create_options AS options, table_comment AS comment
       FROM information_schema.tables WHERE table_schema IN ${places(schemas)}
      ORDER BY table_schema, table_name`,
    [...schemas],
  );
  const keyOf = (row: Row) => JSON.stringify([row["t_schema"], row["t_name"]]);
  const listed = new Set(rows.map(keyOf));
  const leftOut = names.filter((row) => !listed.has(keyOf(row)));
  const there = leftOut.length > 0 ? new Set((await listNames()).map(keyOf)) : new Set();
  return [
    ...rows.filter(({ type }) => type === "BASE TABLE" || type === "SYSTEM VERSIONED").map(summaryOf),
    ...leftOut.filter((row) => there.has(keyOf(row))).map((row) => ({ ...summaryOf(row), unseen })),
  ];
}

const unseen = {
  what: "everything but its name",
  why: "locked: another session is making it or changing what it is made of",
};

const number = (text: Value | undefined) => (text === null || text === undefined ? null : Number(text));

const summaryOf = (row: Row): TableSummary => ({
  schema: row["t_schema"]!,
  name: row["t_name"]!,
  kind: row["options"]?.includes("partitioned") ? "partitioned" : "table",
  rows: number(row["t_rows"]),
  bytes: number(row["bytes"]),
  partOf: null,
  storage: row["storage"] ?? null,
  unseen: !row["storage"] && /concurrent DDL|lock wait timeout/i.test(row["comment"] ?? "") ? unseen : null,
});
