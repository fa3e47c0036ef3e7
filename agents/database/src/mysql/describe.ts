import type { Ask, Server } from "../dialect.ts";
import type { Check, ForeignKey, Index, Table, TableName, TableSummary, Trigger } from "../schema.ts";
import type { Row } from "../session.ts";
import { columnOf, columnsStatement } from "./columns.ts";
import { mysqlRefusal } from "./errors.ts";
import { listTables } from "./tables.ts";

const indexesStatement = (tables: string, server: Server) => `
  SELECT s.table_schema AS t_schema, s.table_name AS t_name, s.index_name AS name, s.non_unique AS non_unique,
         s.column_name AS c_name, s.sub_part AS part, s.index_type AS method,
         ${server.product === "MariaDB" ? (server.number >= 100_600 ? "s.ignored" : "'NO'") : "IF(s.is_visible = 'YES', 'NO', 'YES')"} AS hidden
    FROM information_schema.statistics s WHERE (s.table_schema, s.table_name) IN ${tables}
   ORDER BY s.table_schema, s.table_name, s.index_name, s.seq_in_index`;

const foreignKeysStatement = (tables: string) => `
  SELECT k.constraint_name AS name, k.table_schema AS t_schema, k.table_name AS t_name, k.column_name AS c_name,
         k.referenced_table_schema AS to_schema, k.referenced_table_name AS to_name, k.referenced_column_name AS to_column,
         r.delete_rule AS on_delete, r.update_rule AS on_update
    FROM information_schema.key_column_usage k
    JOIN information_schema.referential_constraints r
      ON r.constraint_schema = k.constraint_schema AND r.constraint_name = k.constraint_name AND r.table_name = k.table_name
   WHERE k.referenced_table_name IS NOT NULL
     AND ((k.table_schema, k.table_name) IN ${tables} OR (k.referenced_table_schema, k.referenced_table_name) IN ${tables})
   ORDER BY k.table_schema, k.table_name, k.constraint_name, k.ordinal_position`;

const triggersStatement = (tables: string) => `
  SELECT event_object_schema AS t_schema, event_object_table AS t_name, trigger_name AS name, action_timing AS timing,
         event_manipulation AS event, action_statement AS definition
    FROM information_schema.triggers WHERE (event_object_schema, event_object_table) IN ${tables} ORDER BY 1, 2, action_order`;

const checksStatement = (tables: string, server: Server) =>
  server.product === "MariaDB"
    ? `SELECT constraint_schema AS t_schema, table_name AS t_name, constraint_name AS name, check_clause AS expression
         FROM information_schema.check_constraints WHERE (constraint_schema, table_name) IN ${tables}`
    : `SELECT t.table_schema AS t_schema, t.table_name AS t_name, t.constraint_name AS name, c.check_clause AS expression
         FROM information_schema.table_constraints t
         JOIN information_schema.check_constraints c
           ON c.constraint_schema = t.constraint_schema AND c.constraint_name = t.constraint_name
        WHERE t.constraint_type = 'CHECK' AND t.enforced = 'YES' AND (t.table_schema, t.table_name) IN ${tables}`;

const keyOf = ({ schema, name }: TableName) => JSON.stringify([schema, name]);
const groupByTable = (rows: Row[]) =>
  Map.groupBy(rows, (row) => keyOf({ schema: row["t_schema"]!, name: row["t_name"]! }));

export async function describeTables(ask: Ask, server: Server, tables: readonly TableSummary[]): Promise<Table[]> {
  const open = await describeOpen(
    ask,
    server,
    tables.filter(({ unseen }) => unseen === null),
  );
  const described = new Map(open.map((table) => [keyOf(table), table]));
  const missing = tables.filter((table) => table.unseen === null && !described.has(keyOf(table)));
  // gone, or locked since they were listed
  const listed = missing.length > 0 ? await listTables(ask, [...new Set(missing.map(({ schema }) => schema))]) : [];
  const locked = new Map(listed.filter(({ unseen }) => unseen !== null).map((table) => [keyOf(table), table]));
  return tables.flatMap((table) => {
    const seen = described.get(keyOf(table));
    if (seen) return seen;
    const now = table.unseen ? table : locked.get(keyOf(table));
    return now ? { ...now, ...nothingSeen } : [];
  });
}

const nothingSeen: Omit<Table, keyof TableSummary> = {
  columns: [],
  primaryKey: [],
  keys: [],
  indexes: [],
  foreignKeys: [],
  referencedBy: [],
  triggers: [],
  checks: [],
  exclusions: [],
  partitions: [],
  rowSecurity: false,
};

async function describeOpen(ask: Ask, server: Server, tables: readonly TableSummary[]): Promise<Table[]> {
  if (tables.length === 0) return [];
  const list = `(${tables.map(() => "(?, ?)").join(", ")})`;
  const values = tables.flatMap(({ schema, name }) => [schema, name]);
  const columns = groupByTable(await ask(columnsStatement(list), values));
  const indexes = groupByTable(await ask(indexesStatement(list, server), values));
  const foreignKeys = foreignKeysOf(await ask(foreignKeysStatement(list), [...values, ...values]));
  const triggers = groupByTable(await ask(triggersStatement(list), values));
  const checks = groupByTable(await checkRows(ask, checksStatement(list, server), values));
  return tables.flatMap((table) => {
    const key = keyOf(table);
    const columnRows = columns.get(key);
    if (!columnRows) return [];
    const own = foreignKeys.filter((foreignKey) => keyOf(foreignKey.table) === key);
    const { realChecks, jsonColumns } = splitChecks(checks.get(key) ?? []);
    const columnList = columnRows.map((row) => columnOf(row, jsonColumns));
    const indexList = indexesOf(indexes.get(key) ?? [], own);
    const nullable = new Set(columnList.filter((column) => column.nullable).map((column) => column.name));
    return {
      ...table,
      columns: columnList,
      primaryKey: indexList.filter((index) => index.primary).flatMap((index) => index.columns.map((column) => column!)),
      keys: indexList
        .filter(
          (index) => index.unique && !index.partial && index.columns.every((column) => column && !nullable.has(column)),
        )
        .map((index) => index.columns.map((column) => column!)),
      indexes: indexList,
      foreignKeys: own,
      referencedBy: foreignKeys.filter((foreignKey) => keyOf(foreignKey.references) === key),
      triggers: (triggers.get(key) ?? []).map(triggerOf),
      checks: realChecks,
      exclusions: [],
      partitions: [],
      rowSecurity: false,
    };
  });
}

async function checkRows(ask: Ask, statement: string, values: string[]): Promise<Row[]> {
  try {
    return await ask(statement, values);
  } catch (error) {
    // MySQL before 8.0.16 has no checks, and no view of them
    if (mysqlRefusal(error) === "missing") return [];
    throw error;
  }
}

/** MariaDB's JSON columns are known by the check the server makes for them. */
function splitChecks(rows: Row[]): { realChecks: Check[]; jsonColumns: Set<string> } {
  const jsonColumns = new Set<string>();
  const realChecks: Check[] = [];
  for (const row of rows) {
    const expression = row["expression"]!;
    const [, json] = /^json_valid\(`((?:[^`]|``)+)`\)$/i.exec(expression) ?? [];
    if (json !== undefined && json === row["name"]) jsonColumns.add(json.replaceAll("``", "`"));
    else realChecks.push({ name: row["name"]!, expression });
  }
  return { realChecks, jsonColumns };
}

function indexesOf(rows: Row[], foreignKeys: readonly ForeignKey[]): Index[] {
  return [...Map.groupBy(rows, (row) => row["name"]!)]
    .map(([name, parts]): Index => {
      const columns = parts.map((part) => part["c_name"] ?? null);
      const carried = foreignKeys.find((key) => key.columns.every((column, position) => columns[position] === column));
      const unique = parts[0]!["non_unique"] === "0";
      return {
        name,
        columns,
        unique,
        primary: name === "PRIMARY",
        // an index over a column's first characters stands for no whole value
        partial: parts.some((part) => part["part"] !== null),
        constraint: unique ? name : (carried?.name ?? null),
        valid: true,
        visible: parts[0]!["hidden"] !== "YES",
        method: parts[0]!["method"]!.toLowerCase(),
        bytes: null,
        definition: null,
      };
    })
    .toSorted((a, b) => Number(b.primary) - Number(a.primary) || Number(b.unique) - Number(a.unique));
}

function foreignKeysOf(rows: Row[]): ForeignKey[] {
  const parts = Map.groupBy(rows, (row) => JSON.stringify([row["t_schema"], row["t_name"], row["name"]]));
  return [...parts.values()].map((columns) => {
    const first = columns[0]!;
    return {
      name: first["name"]!,
      table: { schema: first["t_schema"]!, name: first["t_name"]! },
      columns: columns.map((row) => row["c_name"]!),
      references: { schema: first["to_schema"]!, name: first["to_name"]! },
      referencedColumns: columns.map((row) => row["to_column"]!),
      onDelete: first["on_delete"]!,
      onUpdate: first["on_update"]!,
      deferrable: false,
    };
  });
}

function triggerOf(row: Row): Trigger {
  return {
    name: row["name"]!,
    kind: "trigger",
    timing: row["timing"]!.toLowerCase(),
    events: [row["event"]!.toLowerCase() as Trigger["events"][number]],
    enabled: true,
    definition: row["definition"]!,
  };
}
