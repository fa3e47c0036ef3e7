import { ChaosError, defineSkill, counted } from "@chaos-agents/core";
import { z } from "zod";
import { chooseTables, tableKey } from "../choose-tables.ts";
import type { Database } from "../database.ts";
import { describeTable } from "../describe-table.ts";
import { HeldSessions } from "../held-sessions.ts";
import { pickKeys } from "../rows/pick-keys.ts";
import { columnsOf, inGroups, keyCondition, keysAtOnce } from "../rows/key-condition.ts";
import { sessionRecord, endSessions } from "./session-fault.ts";

const lockTimeout = 2_000;

const record = sessionRecord.extend({
  schema: z.string(),
  table: z.string(),
  /** One of the locked rows: what a witness tries to lock as well. */
  key: z.array(z.string()),
});

export const rowLock = defineSkill({
  name: "db.row_lock",
  summary: "Hold locks on rows so that their writers wait",
  effect:
    "Whoever updates, deletes or locks one of the rows waits until the undo, or fails at a lock timeout. Reads go on.",
  reversal: "exact",
  reversalNote: "The locks go with the session that holds them; no data is touched.",
  seen: "effect",
  params: z.strictObject({
    tables: z.array(z.string().min(1)).optional().meta({ description: "Which tables; the largest when left out" }),
    rows: z
      .int()
      .min(1)
      .max(100_000)
      .default(10)
      .meta({ description: "How many rows of each table, picked at random" }),
    max_tables: z.int().min(1).default(1).meta({ description: "How many tables are chosen when none are named" }),
  }),
  undoRecord: record,
  example: { tables: ["orders"], rows: 50 },

  async resolve(database: Database, { tables, rows, max_tables }, { matchesFilters, signal }) {
    const chosen = await chooseTables(database, {
      tables,
      limit: max_tables,
      matchesFilters,
      unsuitable: (table) =>
        table.keys.length === 0
          ? "it has no key by which a row could be named"
          : database.engine === "mysql" && table.storage !== "InnoDB"
            ? `its engine ${table.storage} locks no rows`
            : undefined,
      signal,
    });
    return chosen.map((table) => ({
      key: tableKey(table),
      label: `lock ${counted(rows, "row")} of ${tableKey(table)}`,
      undoLabel: "end the session that holds the locks",
      cost: { tables: 1, rows, connections: 1 },
      data: { schema: table.schema, table: table.name, rows },
    }));
  },

  async preflight(database, things, _params, { signal }) {
    const needs = things.flatMap(({ data: { schema, table } }) =>
      (["select", "update"] as const).map((right) => ({ right, table: { schema, name: table } })),
    );
    return await database.missingPrivileges(needs, signal);
  },

  async *inject(database, { data }, context) {
    const { signal, mark } = context;
    const table = await describeTable(database, data, signal);
    if (!table) return;
    const { dialect } = database;
    const key = columnsOf(table, table.keys[0]!);
    const held = new HeldSessions(database, mark);
    context.hold(held);
    const keys = await pickWith(database, mark, { table, key }, data.rows, signal);
    if (keys.length === 0) {
      throw new ChaosError("fault-not-landed", `${tableKey(table)} has no rows to lock`, {
        remedy: "leave it out of tables",
      });
    }
    yield { record: { mark, schema: table.schema, table: table.name, key: keys[0]! } };
    const session = await held.open({ lockTimeout, signal });
    await session.query("START TRANSACTION", [], { signal });
    for (const group of inGroups(keys, keysAtOnce)) {
      const { sql, values } = keyCondition(dialect, key, group);
      await session.rows(`SELECT 1 FROM ${dialect.table(table)} WHERE ${sql} FOR UPDATE`, values, { signal });
    }
  },

  async witness(database, { data }, records, { mark, signal }) {
    const [first] = records;
    const table = first && (await describeTable(database, data, signal));
    if (!first || !table) return { landed: false, detail: `no row of ${data.schema}.${data.table} is locked` };
    const { dialect } = database;
    await using other = await database.session(mark, { signal, lockTimeout: 500 });
    const { sql, values } = keyCondition(dialect, columnsOf(table, table.keys[0]!), [first.key]);
    try {
      await other.query("START TRANSACTION");
      await other.rows(`SELECT 1 FROM ${dialect.table(table)} WHERE ${sql} FOR UPDATE`, values, { signal });
      return { landed: false, detail: "another session could lock the row as well" };
    } catch (error) {
      if (database.refusal(error) !== "lock-timeout") throw error;
      return { landed: true, detail: `another session waits for the row with key ${first.key.join(", ")}` };
    }
  },

  ...endSessions<z.infer<typeof record>>(),
});

async function pickWith(
  database: Database,
  mark: string,
  asked: Parameters<typeof pickKeys>[2],
  rows: number,
  signal: AbortSignal,
): Promise<string[][]> {
  await using session = await database.session(mark, { readOnly: true, signal });
  return await pickKeys(database, session, asked, rows, signal);
}
