import type { Ask } from "../dialect.ts";
import type { ForeignKey, Index, Table, TableName, TableSummary, Trigger } from "../schema.ts";
import type { Row } from "../session.ts";
import { aroundLocks, type LockedTables } from "./around-locks.ts";
import { columnOf, columnsStatement } from "./columns.ts";
import { textArray } from "./values.ts";

const oidsStatement = `
  SELECT c.oid, n.nspname AS schema, c.relname AS name, c.relrowsecurity AS row_security
    FROM unnest($1::text[], $2::text[]) w(schema, name)
    JOIN pg_catalog.pg_namespace n ON n.nspname = w.schema
    JOIN pg_catalog.pg_class c ON c.relnamespace = n.oid AND c.relname = w.name AND c.relkind IN ('r', 'p')`;

const indexesStatement = `
  SELECT i.indrelid AS oid, x.relname AS name, i.indisunique AS unique, i.indisprimary AS primary, i.indisvalid AS valid,
         i.indpred IS NOT NULL AS partial, i.indimmediate AS immediate, am.amname AS method,
         CASE WHEN i.indrelid <> ALL ($2::oid[]) THEN pg_catalog.pg_get_indexdef(i.indexrelid) END AS definition,
         x.relpages * pg_catalog.current_setting('block_size')::int8 AS bytes,
         (SELECT k.conname FROM pg_catalog.pg_constraint k
           WHERE k.conindid = i.indexrelid AND k.contype IN ('p', 'u', 'x') LIMIT 1) AS constraint,
         (SELECT pg_catalog.json_agg(a.attname ORDER BY key.position)
            FROM pg_catalog.unnest(i.indkey::int2[]) WITH ORDINALITY key(attnum, position)
            LEFT JOIN pg_catalog.pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = key.attnum AND key.attnum > 0
           WHERE key.position <= i.indnkeyatts) AS columns
    FROM pg_catalog.pg_index i
    JOIN pg_catalog.pg_class x ON x.oid = i.indexrelid
    JOIN pg_catalog.pg_am am ON am.oid = x.relam
   WHERE i.indrelid = ANY ($1::oid[]) ORDER BY i.indrelid, i.indisprimary DESC, x.relname`;

const constraintsStatement = `
  SELECT k.conrelid AS oid, k.confrelid AS target_oid, k.contype AS type, k.conname AS name, k.condeferrable AS deferrable,
         n.nspname AS schema, c.relname AS table, fn.nspname AS target_schema, f.relname AS target_table,
         k.confdeltype AS on_delete, k.confupdtype AS on_update,
         CASE WHEN k.contype = 'c' AND k.conrelid <> ALL ($2::oid[])
              THEN pg_catalog.pg_get_constraintdef(k.oid) END AS definition,
         (SELECT pg_catalog.json_agg(a.attname ORDER BY key.position)
            FROM pg_catalog.unnest(k.conkey) WITH ORDINALITY key(attnum, position)
            JOIN pg_catalog.pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = key.attnum) AS columns,
         (SELECT pg_catalog.json_agg(a.attname ORDER BY key.position)
            FROM pg_catalog.unnest(k.confkey) WITH ORDINALITY key(attnum, position)
            JOIN pg_catalog.pg_attribute a ON a.attrelid = k.confrelid AND a.attnum = key.attnum) AS target_columns
    FROM pg_catalog.pg_constraint k
    JOIN pg_catalog.pg_class c ON c.oid = k.conrelid
    JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
    LEFT JOIN pg_catalog.pg_class f ON f.oid = k.confrelid
    LEFT JOIN pg_catalog.pg_namespace fn ON fn.oid = f.relnamespace
   WHERE k.contype IN ('f', 'c', 'x')
     AND (k.conrelid = ANY ($1::oid[])
          -- what partitions of another table repeat of its reference says nothing new
          OR k.confrelid = ANY ($1::oid[])
             AND NOT EXISTS (SELECT FROM pg_catalog.pg_constraint p WHERE p.oid = k.conparentid AND p.confrelid = k.confrelid))
   ORDER BY k.conrelid, k.conname`;

/** Parts included: a trigger on a partition fires when its parent is written to. */
const triggersStatement = `
  WITH RECURSIVE family(root, oid) AS (
    SELECT oid, oid FROM pg_catalog.unnest($1::oid[]) oid
    UNION SELECT f.root, i.inhrelid FROM family f JOIN pg_catalog.pg_inherits i ON i.inhparent = f.oid)
  SELECT f.root AS oid, t.tgname AS name, 'trigger' AS kind, t.tgtype AS type, t.tgenabled IN ('O', 'A') AS enabled,
         CASE WHEN t.tgrelid <> ALL ($2::oid[]) THEN pg_catalog.pg_get_triggerdef(t.oid) END AS definition, NULL AS event, NULL AS instead
    FROM family f JOIN pg_catalog.pg_trigger t ON t.tgrelid = f.oid
   WHERE NOT t.tgisinternal
   UNION ALL
  SELECT f.root, r.rulename, 'rule', NULL, r.ev_enabled IN ('O', 'A'),
         -- a rule's words open every table it speaks of
         CASE WHEN r.ev_class <> ALL ($2::oid[]) AND NOT EXISTS (
                SELECT FROM pg_catalog.pg_depend d
                 WHERE d.classid = 'pg_catalog.pg_rewrite'::regclass AND d.objid = r.oid
                   AND d.refclassid = 'pg_catalog.pg_class'::regclass AND (d.refobjid <> ALL ($2::oid[])) IS NOT TRUE)
              THEN pg_catalog.pg_get_ruledef(r.oid) END, r.ev_type, r.is_instead
    FROM family f JOIN pg_catalog.pg_rewrite r ON r.ev_class = f.oid
   ORDER BY 1, 2`;

const partitionsStatement = `
  SELECT i.inhparent AS oid, n.nspname AS schema, c.relname AS name
    FROM pg_catalog.pg_inherits i
    JOIN pg_catalog.pg_class c ON c.oid = i.inhrelid JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
   WHERE i.inhparent = ANY ($1::oid[]) ORDER BY 1, 2, 3`;

const actions: Record<string, string> = {
  a: "NO ACTION",
  r: "RESTRICT",
  c: "CASCADE",
  n: "SET NULL",
  d: "SET DEFAULT",
};
const names = (json: string | null | undefined) => JSON.parse(json ?? "[]") as string[];

export const describeTables = (ask: Ask, tables: readonly TableSummary[]): Promise<Table[]> =>
  aroundLocks(ask, "defaults, checks, conditions of indexes, what triggers and rules do", (locked) =>
    describe(ask, tables, locked),
  );

async function describe(ask: Ask, tables: readonly TableSummary[], locked: LockedTables): Promise<Table[]> {
  const found = await ask(oidsStatement, [
    textArray(tables.map(({ schema }) => schema)),
    textArray(tables.map(({ name }) => name)),
  ]);
  const oids = [`{${found.map(({ oid }) => oid).join(",")}}`];
  const openable = [...oids, locked.oids];
  const columns = groupByTable(await ask(columnsStatement, openable));
  const indexes = groupByTable(await ask(indexesStatement, openable));
  const constraints = await ask(constraintsStatement, openable);
  const own = groupByTable(constraints);
  const incoming = Map.groupBy(constraints, (row) => row["target_oid"]!);
  const triggers = groupByTable(await ask(triggersStatement, openable));
  const partitions = groupByTable(await ask(partitionsStatement, oids));
  const byName = new Map(found.map((row) => [JSON.stringify([row["schema"], row["name"]]), row]));
  return tables.flatMap((table) => {
    const row = byName.get(JSON.stringify([table.schema, table.name]));
    if (!row) return [];
    const oid = row["oid"]!;
    const ofType = (type: string) => (own.get(oid) ?? []).filter((constraint) => constraint["type"] === type);
    const indexRows = indexes.get(oid) ?? [];
    const columnList = (columns.get(oid) ?? []).map(columnOf);
    const nullable = new Set(columnList.filter((column) => column.nullable).map((column) => column.name));
    const keys = indexRows.filter((index) => isKey(index, nullable)).map((index) => names(index["columns"]));
    return {
      ...table,
      unseen: locked.unseen(oid),
      columns: columnList,
      primaryKey: indexRows.filter((index) => index["primary"] === "t").flatMap((index) => names(index["columns"])),
      keys,
      indexes: indexRows.map(indexOf),
      foreignKeys: ofType("f").map(foreignKeyOf),
      referencedBy: (incoming.get(oid) ?? []).filter((constraint) => constraint["type"] === "f").map(foreignKeyOf),
      triggers: (triggers.get(oid) ?? []).map(triggerOf),
      checks: ofType("c").flatMap(({ name, definition }) =>
        definition ? [{ name: name!, expression: definition }] : [],
      ),
      exclusions: ofType("x").map((constraint) => constraint["name"]!),
      partitions: (partitions.get(oid) ?? []).map((part): TableName => ({
        schema: part["schema"]!,
        name: part["name"]!,
      })),
      rowSecurity: row["row_security"] === "t",
    };
  });
}

const groupByTable = (rows: Row[]) => Map.groupBy(rows, (row) => row["oid"]!);

/** A deferred unique constraint may be broken for a while, so it identifies nothing. */
function isKey(index: Row, nullable: ReadonlySet<string>): boolean {
  const columns = JSON.parse(index["columns"] ?? "[]") as (string | null)[];
  const whole =
    index["unique"] === "t" && index["valid"] === "t" && index["partial"] === "f" && index["immediate"] === "t";
  return whole && columns.every((column) => column !== null && !nullable.has(column));
}

function indexOf(row: Row): Index {
  return {
    name: row["name"]!,
    columns: JSON.parse(row["columns"] ?? "[]") as (string | null)[],
    unique: row["unique"] === "t",
    primary: row["primary"] === "t",
    partial: row["partial"] === "t",
    constraint: row["constraint"] ?? null,
    valid: row["valid"] === "t",
    visible: true,
    method: row["method"]!,
    bytes: Number(row["bytes"]),
    definition: row["definition"] ?? null,
  };
}

function foreignKeyOf(row: Row): ForeignKey {
  return {
    name: row["name"]!,
    table: { schema: row["schema"]!, name: row["table"]! },
    columns: names(row["columns"]),
    references: { schema: row["target_schema"]!, name: row["target_table"]! },
    referencedColumns: names(row["target_columns"]),
    onDelete: actions[row["on_delete"]!]!,
    onUpdate: actions[row["on_update"]!]!,
    deferrable: row["deferrable"] === "t",
  };
}

function triggerOf(row: Row): Trigger {
  const common = { name: row["name"]!, enabled: row["enabled"] === "t", definition: row["definition"] ?? null };
  if (row["kind"] === "rule") {
    const event = ({ "1": "select", "2": "update", "3": "insert", "4": "delete" } as const)[row["event"] as "1"];
    return { ...common, kind: "rule", timing: row["instead"] === "t" ? "instead of" : "also", events: [event] };
  }
  // pg_trigger.tgtype: row 1, before 2, insert 4, delete 8, update 16, truncate 32, instead 64
  const bits = Number(row["type"]);
  const event = (bit: number, name: Trigger["events"][number]) => (bits & bit ? [name] : []);
  return {
    ...common,
    kind: "trigger",
    timing: bits & 64 ? "instead of" : bits & 2 ? "before" : "after",
    events: [...event(4, "insert"), ...event(16, "update"), ...event(8, "delete"), ...event(32, "truncate")],
  };
}
