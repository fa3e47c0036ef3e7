import { defineSkill, counted } from "@chaos-agents/core";
import { z } from "zod";
import { chooseTables, tableKey } from "../choose-tables.ts";
import type { Database } from "../database.ts";
import { HeldSessions } from "../held-sessions.ts";
import { type SessionRecord, endSessions, sessionRecord } from "./session-fault.ts";

export const idleInTransaction = defineSkill({
  name: "db.idle_in_transaction",
  summary: "Keep transactions open and do nothing in them",
  effect:
    "Old row versions cannot be cleaned up, so tables grow and slow down; changes to a table's structure wait, and everybody else behind them.",
  reversal: "exact",
  reversalNote: "The transactions only read; they end with their sessions. No data is touched.",
  seen: "effect",
  params: z.strictObject({
    sessions: z.int().min(1).max(1_000).default(5).meta({ description: "How many transactions to keep open" }),
    tables: z
      .array(z.string().min(1))
      .optional()
      .meta({ description: "Which table they have read; the largest when left out" }),
  }),
  undoRecord: sessionRecord,
  example: { sessions: 10 },

  async resolve(database: Database, { sessions, tables }, { matchesFilters, signal }) {
    const chosen = await chooseTables(database, { tables, limit: 1, evenLocked: true, matchesFilters, signal });
    return chosen.map((table) => ({
      key: tableKey(table),
      label: `keep ${counted(sessions, "transaction")} open that read ${tableKey(table)}`,
      undoLabel: "end the transactions",
      cost: { tables: 1, connections: sessions },
      data: { table: { schema: table.schema, name: table.name }, sessions },
    }));
  },

  async preflight(database, things, _params, { signal }) {
    const needs = things.map(({ data }) => ({ right: "select" as const, table: data.table }));
    return await database.missingPrivileges(needs, signal);
  },

  async *inject(database, { data: { table, sessions } }, context) {
    const { signal, mark } = context;
    yield { record: { mark } };
    const held = new HeldSessions(database, mark);
    context.hold(held);
    for (let n = 1; n <= sessions; n++) {
      const session = await held.open({ lockTimeout: 2_000, signal });
      await session.query(database.dialect.beginSnapshot, [], { signal });
      await session.rows(`SELECT 1 FROM ${database.dialect.table(table)} LIMIT 1`, [], { signal });
      context.progress(n, sessions, "transactions");
    }
  },

  async witness(database, { data: { sessions } }, _records, { mark, signal }) {
    const ours = new Set((await database.ourSessions(mark, signal)).map(({ id }) => id));
    const open = (await database.serverSessions(signal)).filter(
      ({ id, transactionSince }) => ours.has(id) && transactionSince !== null,
    );
    return { landed: open.length > 0, detail: `${open.length} of ${counted(sessions, "transaction")} open` };
  },

  ...endSessions<SessionRecord>(),
});
