import { defineSkill, counted } from "@chaos-agents/core";
import { z } from "zod";
import { chooseTables, tableKey } from "../choose-tables.ts";
import type { Database } from "../database.ts";
import { describeTable } from "../describe-table.ts";
import type { Engine } from "../endpoint.ts";
import { atDesk } from "../rows/at-desk.ts";
import { type ChangedRows, type Updating, changedRowsSchema } from "../rows/changed-rows.ts";
import { changeableColumns } from "../rows/row-changes.ts";
import { isReplaced, sideEffectFindings } from "../rows/side-effects.ts";
import type { Table } from "../schema.ts";

/** What each engine does its own way. */
const updating: Record<Engine, () => Promise<Updating>> = {
  postgres: async () => (await import("../postgres/update-load.ts")).postgresUpdating,
  mysql: async () => (await import("../mysql/update-load.ts")).mysqlUpdating,
};

/** Why rows cannot be changed here and changed back. */
function unsuitable(database: Database, table: Table, columns: readonly string[] = []): string | undefined {
  if (table.keys.length === 0) return "it has no key by which its rows could be found again";
  const { open } = changeableColumns(table);
  const closed = columns.find((name) => !open.some((column) => column.name === name));
  if (closed !== undefined) {
    const there = table.columns.some(({ name }) => name === closed);
    return there ? `its column ${closed} is a key's, a reference's or the server's own` : `it has no column ${closed}`;
  }
  if (open.length === 0) return "it has no column that may be changed without breaking keys or references";
  if (table.rows === 0) return "it has no rows";
  if (table.rowSecurity && !database.server.isAdmin) return "its row security may hide rows from us";
  if (database.engine === "mysql" && table.storage !== "InnoDB")
    return `its engine ${table.storage} has no transactions`;
  if (isReplaced(table, "update")) return "a rule replaces updates";
  return undefined;
}

export const updateLoad = defineSkill({
  name: "db.update_load",
  summary: "Change existing rows, picked at random",
  effect: "Row locks, new row versions and index upkeep slow others down; what they read is wrong until the undo.",
  reversal: "exact",
  reversalNote:
    "The original values are journaled before the change and put back where a row still is as we made it. Rows that others changed or deleted meanwhile are left as they are and reported.",
  seen: "effect",
  params: z.strictObject({
    rows: z.int().min(1).max(10_000_000).default(100).meta({ description: "How many rows of each table" }),
    tables: z.array(z.string().min(1)).optional().meta({ description: "Which tables; the largest when left out" }),
    max_tables: z.int().min(1).default(3).meta({ description: "How many tables are chosen when none are named" }),
    columns: z
      .array(z.string().min(1))
      .min(1)
      .optional()
      .meta({ description: "Which columns; up to three of each table, picked at random, when left out" }),
    batch_rows: z
      .int()
      .min(1)
      .max(20_000)
      .default(5_000)
      .meta({ description: "How many rows one transaction changes; at most 1000 on MySQL" }),
    allow_side_effects: z
      .boolean()
      .default(false)
      .meta({ description: "Also where triggers run on each update, whose doings are not undone" }),
  }),
  undoRecord: changedRowsSchema,
  example: { rows: 500, tables: ["orders"] },
  undoDeadline: 300_000,

  async resolve(
    database: Database,
    { rows, tables, columns, max_tables, batch_rows: atOnce },
    { matchesFilters, signal },
  ) {
    const chosen = await chooseTables(database, {
      tables,
      limit: max_tables,
      matchesFilters,
      unsuitable: (table) => unsuitable(database, table, columns),
      signal,
    });
    return chosen.map((table) => ({
      key: tableKey(table),
      label: `change ${counted(rows, "row")} of ${tableKey(table)}`,
      undoLabel: `put the original values back in ${tableKey(table)}`,
      cost: { tables: 1, rows },
      data: { schema: table.schema, table: table.name, rows, atOnce, ...(columns && { columns }) },
    }));
  },

  async preflight(database, things, { allow_side_effects }, { signal }) {
    const tables = (await Promise.all(things.map(({ data }) => describeTable(database, data, signal)))).filter(
      (one) => one !== undefined,
    );
    const needs = tables.flatMap((table) => (["select", "update"] as const).map((right) => ({ right, table })));
    return [
      ...(await database.missingPrivileges(needs, signal)),
      ...sideEffectFindings(tables, ["update"], allow_side_effects),
    ];
  },

  async *inject(database, { data }, context) {
    const table = await describeTable(database, data, context.signal);
    if (!table) return;
    const engine = await updating[database.engine]();
    yield* engine.change(database, table, data, context);
  },

  async witness(database, { data }, records, { mark, signal }) {
    const table = await describeTable(database, data, signal);
    const engine = await updating[database.engine]();
    let seen = 0;
    await using session = await database.session(mark, { readOnly: true, signal });
    for (const record of records) if (table) seen += await engine.residue(session, database, record, table, signal);
    return { landed: seen > 0, detail: `${counted(seen, "changed row")} seen in ${data.schema}.${data.table}` };
  },

  async fence(database, _records, { mark, signal }) {
    await database.fence(mark, signal);
  },

  async undo(database, record, { mark, signal }) {
    const engine = await updating[database.engine]();
    return await atDesk(database, { mark, table: record, readOnly: false, signal }, async (session, table) => {
      if (!table) return { outcome: "already", detail: `${tableName(record)} is gone` };
      const gone = missingColumns(record, table);
      if (gone.length === 0) return await engine.undo(session, database, record, table, signal);
      const detail = `${tableName(record)} has no ${gone.join(", ")} any more; its rows were left as they are`;
      return { outcome: "conflict", detail, remains: [detail] };
    });
  },

  async verify(database, record, { mark, signal }) {
    const engine = await updating[database.engine]();
    return await atDesk(database, { mark, table: record, readOnly: true, signal }, async (session, table) => {
      if (!table || missingColumns(record, table).length > 0) return [];
      const left = await engine.residue(session, database, record, table, signal);
      return left > 0 ? [`our values still stand in ${counted(left, "row")} of ${tableName(record)}`] : [];
    });
  },
});

const tableName = ({ schema, table }: ChangedRows) => `${schema}.${table}`;

const missingColumns = ({ key, columns }: ChangedRows, table: Table) =>
  [...key, ...columns].filter((name) => !table.columns.some((column) => column.name === name));
