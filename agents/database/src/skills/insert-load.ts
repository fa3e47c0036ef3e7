import { defineSkill, counted } from "@chaos-agents/core";
import { z } from "zod";
import { chooseTables, tableKey } from "../choose-tables.ts";
import type { Database } from "../database.ts";
import { describeTable } from "../describe-table.ts";
import type { Need } from "../dialect.ts";
import type { Engine } from "../endpoint.ts";
import { atDesk } from "../rows/at-desk.ts";
import { type Inserting, insertedBatchSchema } from "../rows/inserted-batch.ts";
import { isReplaced, sideEffectFindings } from "../rows/side-effects.ts";
import { countedColumn, isCascaded, referenceIndexes, writableColumns } from "../rows/table-rules.ts";
import type { Table } from "../schema.ts";

/** What each engine does its own way; loaded when it is needed, because it brings its driver. */
const inserting: Record<Engine, () => Promise<Inserting>> = {
  postgres: async () => (await import("../postgres/insert-load.ts")).postgresInserting,
  mysql: async () => (await import("../mysql/insert-load.ts")).mysqlInserting,
};

/** Why rows cannot be inserted here and taken out again. */
function unsuitable(database: Database, table: Table): string | undefined {
  if (table.rowSecurity && !database.server.isAdmin) return "its row security may hide our own rows from us";
  if (database.engine === "mysql" && table.storage !== "InnoDB")
    return `its engine ${table.storage} has no transactions`;
  if (database.engine === "mysql" && !table.keys.some((key) => isWritable(table, key)))
    return "it has no key by which our rows could be found again";
  if (writableColumns(table).length === 0) return "it has no column that can be written";
  // rows are inserted and deleted; what a rule does to an insert, COPY does not know of
  if (database.engine === "postgres" && isReplaced(table, "delete")) return "a rule replaces deletes";
  return undefined;
}

const isWritable = (table: Table, key: readonly string[]) =>
  key.every((name) => writableColumns(table).some((column) => column.name === name));

/** Without rows to copy from, and where rows are what they point to, the keys of other tables are read. */
const readsParents = (table: Table) => (table.rows ?? 0) === 0 || referenceIndexes(table).length > 0;

export const insertLoad = defineSkill({
  name: "db.insert_load",
  summary: "Insert many made-up rows into tables",
  effect: "Writes, index upkeep and table growth compete with everybody else's work; caches and replicas fall behind.",
  reversal: "exact",
  reversalNote:
    "Our rows are deleted where they still are as we made them; rows that others changed or point to are kept and reported. Key sequences stay advanced, which makes the undo of such a table compensated, not exact.",
  seen: "effect",
  params: z.strictObject({
    rows_per_table: z
      .int()
      .min(1)
      .max(100_000_000)
      .default(1_000)
      .meta({ description: "How many rows each table gets" }),
    tables: z.array(z.string().min(1)).optional().meta({ description: "Which tables; the largest when left out" }),
    max_tables: z.int().min(1).default(3).meta({ description: "How many tables are chosen when none are named" }),
    batch_rows: z
      .int()
      .min(1)
      .max(1_000_000)
      .default(100_000)
      .meta({ description: "How many rows one transaction inserts; at most 1000 on MySQL" }),
    allow_side_effects: z
      .boolean()
      .default(false)
      .meta({ description: "Also where triggers run on inserts or deletes, whose doings are not undone" }),
  }),
  undoRecord: insertedBatchSchema,
  example: { rows_per_table: 10_000, tables: ["orders"] },
  undoDeadline: 300_000,

  async resolve(
    database: Database,
    { rows_per_table: rows, tables, max_tables, batch_rows: atOnce },
    { matchesFilters, signal },
  ) {
    const chosen = await chooseTables(database, {
      tables,
      limit: max_tables,
      matchesFilters,
      unsuitable: (table) => unsuitable(database, table),
      signal,
    });
    return chosen.map((table) => ({
      key: tableKey(table),
      label: `insert ${counted(rows, "row")} into ${tableKey(table)}`,
      undoLabel: `delete our rows from ${tableKey(table)}`,
      cost: { tables: 1, rows },
      reversal: countedColumn(table) ? ("compensated" as const) : ("exact" as const),
      data: { schema: table.schema, table: table.name, rows, atOnce },
    }));
  },

  async preflight(database, things, { allow_side_effects }, { signal }) {
    const tables = (await Promise.all(things.map(({ data }) => describeTable(database, data, signal)))).filter(
      (one) => one !== undefined,
    );
    const needs = tables.flatMap((table): Need[] => [
      ...(["select", "insert", "delete"] as const).map((right) => ({ right, table })),
      ...(readsParents(table) ? table.foreignKeys : []).map((key) => ({
        right: "select" as const,
        table: key.references,
      })),
      ...table.referencedBy.map((key) => ({ right: "select" as const, table: key.table })),
      // to lock rows, so that no cascade reaches what is not ours
      ...(database.engine === "postgres" && isCascaded(table) ? [{ right: "update" as const, table }] : []),
    ]);
    return [
      ...(await database.missingPrivileges(needs, signal)),
      ...sideEffectFindings(tables, ["insert", "delete"], allow_side_effects),
      ...tables
        .filter((table) => countedColumn(table))
        .map((table) => ({
          level: "info" as const,
          code: "note" as const,
          message: `the key sequence of ${tableKey(table)} stays advanced`,
        })),
    ];
  },

  async *inject(database, { data }, context) {
    const table = await describeTable(database, data, context.signal);
    if (!table) return;
    const engine = await inserting[database.engine]();
    yield* engine.insert(database, table, data, context);
  },

  async witness(database, { data }, records, context) {
    const table = await describeTable(database, data, context.signal);
    const engine = await inserting[database.engine]();
    let seen = 0;
    await using session = await database.session(context.mark, { readOnly: true, signal: context.signal });
    for (const record of records)
      if (table) seen += await engine.residue(session, database.dialect, record, table, context.signal);
    return { landed: seen > 0, detail: `${seen} of ${counted(data.rows, "row")} seen in ${data.schema}.${data.table}` };
  },

  async fence(database, _records, { mark, signal }) {
    await database.fence(mark, signal);
  },

  async undo(database, record, { mark, signal }) {
    const engine = await inserting[database.engine]();
    return await atDesk(database, { mark, table: record, readOnly: false, signal }, (session, table) =>
      engine.undo(session, database.dialect, record, table, signal),
    );
  },

  async verify(database, record, { mark, signal }) {
    const engine = await inserting[database.engine]();
    return await atDesk(database, { mark, table: record, readOnly: true, signal }, async (session, table) => {
      const left = table ? await engine.residue(session, database.dialect, record, table, signal) : 0;
      return left > 0 ? [`${counted(left, "row")} of ours still in ${record.schema}.${record.table}`] : [];
    });
  },
});
