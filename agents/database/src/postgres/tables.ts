import type { Ask } from "../dialect.ts";
import type { TableSummary } from "../schema.ts";
import type { Row } from "../session.ts";
import { aroundLocks, type LockedTables } from "./around-locks.ts";
import { textArray } from "./values.ts";

export async function listSchemas(ask: Ask): Promise<string[]> {
  const rows = await ask(`
    SELECT nspname AS name FROM pg_catalog.pg_namespace
     WHERE nspname NOT LIKE 'pg\\_%' AND nspname <> 'information_schema' ORDER BY 1`);
  return rows.map(({ name }) => name!);
}

/** `$1` schemas, `$2` tables that must not be opened: of these the last estimate. */
const tablesStatement = `
  SELECT c.oid, n.nspname AS schema, c.relname AS name, c.relkind AS kind, am.amname AS storage,
         pn.nspname AS parent_schema, p.relname AS parent_name,
         CASE WHEN c.reltuples > 0 THEN c.reltuples::numeric
              WHEN pg_catalog.pg_stat_get_live_tuples(c.oid) > 0 THEN pg_catalog.pg_stat_get_live_tuples(c.oid)
              -- PostgreSQL 13 says so of a table that it has not counted yet
              WHEN c.reltuples = 0 AND 0 =
                CASE WHEN c.oid <> ALL ($2::oid[]) THEN pg_catalog.pg_relation_size(c.oid) ELSE c.relpages END THEN 0
              END AS rows,
         CASE WHEN c.oid <> ALL ($2::oid[]) THEN pg_catalog.pg_total_relation_size(c.oid)
              ELSE pg_catalog.current_setting('block_size')::int8 * (c.relpages +
                (SELECT coalesce(sum(x.relpages), 0)
                   FROM pg_catalog.pg_index ix JOIN pg_catalog.pg_class x ON x.oid = ix.indexrelid
                  WHERE ix.indrelid = c.oid)) END AS bytes
    FROM pg_catalog.pg_class c
    JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
    LEFT JOIN pg_catalog.pg_am am ON am.oid = c.relam
    LEFT JOIN pg_catalog.pg_inherits i ON i.inhrelid = c.oid AND i.inhseqno = 1
    LEFT JOIN pg_catalog.pg_class p ON p.oid = i.inhparent
    LEFT JOIN pg_catalog.pg_namespace pn ON pn.oid = p.relnamespace
   WHERE c.relkind IN ('r', 'p') AND c.relpersistence <> 't' AND n.nspname = ANY ($1::text[])
     AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend d
                      WHERE d.classid = 'pg_catalog.pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e')
   ORDER BY n.nspname, c.relname`;

export function listTables(ask: Ask, schemas: readonly string[]): Promise<TableSummary[]> {
  return aroundLocks(ask, "its size now", async (locked) =>
    summaries(await ask(tablesStatement, [textArray(schemas), locked.oids]), locked),
  );
}

function summaries(rows: Row[], locked: LockedTables): TableSummary[] {
  const number = (text: string | null | undefined) => (text === null || text === undefined ? null : Number(text));
  const tables = rows.map((row) => ({
    schema: row["schema"]!,
    name: row["name"]!,
    kind: row["kind"] === "p" ? ("partitioned" as const) : ("table" as const),
    rows: number(row["rows"]),
    bytes: number(row["bytes"]),
    partOf: row["parent_name"] ? { schema: row["parent_schema"]!, name: row["parent_name"] } : null,
    storage: row["storage"] ?? null,
    unseen: locked.unseen(row["oid"]!),
  }));
  const byName = new Map(tables.map((table) => [`${table.schema}.${table.name}`, table]));
  for (const table of tables) if (table.kind === "partitioned") Object.assign(table, { rows: null, bytes: null });
  for (const part of tables) {
    if (part.kind === "partitioned") continue;
    let parent = part.partOf && byName.get(`${part.partOf.schema}.${part.partOf.name}`);
    while (parent?.kind === "partitioned") {
      if (part.rows !== null) parent.rows = (parent.rows ?? 0) + part.rows;
      if (part.bytes !== null) parent.bytes = (parent.bytes ?? 0) + part.bytes;
      parent = parent.partOf && byName.get(`${parent.partOf.schema}.${parent.partOf.name}`);
    }
  }
  return tables;
}
