import type { Ask } from "../dialect.ts";
import type { TableSummary } from "../schema.ts";
import type { Value } from "../session.ts";

/** `(?, ?, …)` for a list that is not empty. */
export const places = (items: readonly unknown[]): string => `(${items.map(() => "?").join(", ")})`;

export async function listSchemas(ask: Ask): Promise<string[]> {
  const rows = await ask(`
    SELECT schema_name AS name FROM information_schema.schemata
     WHERE schema_name NOT IN ('mysql', 'information_schema', 'performance_schema', 'sys') ORDER BY 1`);
  return rows.map(({ name }) => name!);
}

export async function listTables(ask: Ask, schemas: readonly string[]): Promise<TableSummary[]> {
  if (schemas.length === 0) return [];
  const rows = await ask(
    `SELECT table_schema AS t_schema, table_name AS t_name, engine AS storage, table_rows AS t_rows,
            data_length + index_length AS bytes, create_options AS options
       FROM information_schema.tables
      WHERE table_type IN ('BASE TABLE', 'SYSTEM VERSIONED') AND table_schema IN ${places(schemas)}
      ORDER BY table_schema, table_name`,
    [...schemas],
  );
  const number = (text: Value | undefined) => (text === null || text === undefined ? null : Number(text));
  return rows.map((row) => ({
    schema: row["t_schema"]!,
    name: row["t_name"]!,
    kind: row["options"]?.includes("partitioned") ? "partitioned" : "table",
    rows: number(row["t_rows"]),
    bytes: number(row["bytes"]),
    partOf: null,
    storage: row["storage"] ?? null,
  }));
}
