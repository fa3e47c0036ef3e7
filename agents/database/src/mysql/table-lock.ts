import type { TableLocking } from "../skills/table-lock.ts";
import { mysqlValues } from "./values.ts";

/**
 * MySQL shows metadata locks only where performance_schema is on, so what is asked is whether the session that took the
 * lock still lives: LOCK TABLES is freed by nothing else that we do.
 */
export const mysqlTableLock: TableLocking = {
  async lock(_database, session, table, mode) {
    await session.query(`LOCK TABLES ${mysqlValues.table(table)} ${mode === "read" ? "READ" : "WRITE"}`);
  },

  async holders() {
    return [];
  },

  async held(database, mark, table, signal) {
    const sessions = await database.ourSessions(mark, signal);
    return sessions.map(({ id }) => `connection ${id} keeps ${table.schema}.${table.name} locked`);
  },

  async refused(database, session, table, mode) {
    // opening a table for writing is refused by both locks, opening it for reading by one; neither reads a row
    const attempt = `SELECT 1 FROM ${mysqlValues.table(table)} WHERE FALSE${mode === "read" ? " FOR UPDATE" : ""}`;
    try {
      await session.query(attempt);
      return null;
    } catch (error) {
      const refusal = database.refusal(error);
      if (refusal === "lock-timeout") return `another session waits in vain to ${mode === "read" ? "write" : "read"}`;
      if (refusal === "permission") return "what it keeps out is more than we may ask for";
      throw error;
    }
  },
};
