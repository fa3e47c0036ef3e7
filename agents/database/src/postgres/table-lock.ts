import type { TableName } from "../schema.ts";
import type { LockMode, TableLocking } from "../skills/table-lock.ts";
import { postgresValues } from "./values.ts";

const modeOf = (mode: LockMode) => ({ read: "share", write: "access exclusive" })[mode as string] ?? mode;

/** The weakest mode that a lock keeps out. */
const keepsOut: Record<string, string> = {
  "access exclusive": "access share",
  exclusive: "row share",
  "share row exclusive": "row exclusive",
  share: "row exclusive",
  "share update exclusive": "share update exclusive",
  "row exclusive": "share",
  "row share": "exclusive",
  "access share": "access exclusive",
};

const locksStatement = `
  SELECT l.pid, l.mode, a.usename, a.application_name
    FROM pg_catalog.pg_locks l LEFT JOIN pg_catalog.pg_stat_activity a USING (pid)
   WHERE l.locktype = 'relation' AND l.granted AND l.relation = pg_catalog.to_regclass($1)::oid
     AND l.database = (SELECT oid FROM pg_catalog.pg_database WHERE datname = pg_catalog.current_database())`;

/** `AccessExclusiveLock` as people write it. */
const words = (mode: string) =>
  mode
    .replace(/Lock$/, "")
    .replaceAll(/(?<=[a-z])(?=[A-Z])/g, " ")
    .toUpperCase();
const nameOf = (table: TableName) => postgresValues.table(table);

export const postgresTableLock: TableLocking = {
  async lock(_database, session, table, mode) {
    await session.query("BEGIN");
    try {
      await session.query(`LOCK TABLE ${nameOf(table)} IN ${modeOf(mode).toUpperCase()} MODE`);
    } catch (error) {
      if (session.isOpen) await session.query("ROLLBACK");
      throw error;
    }
  },

  async holders(database, table, signal) {
    const rows = await database.ask(locksStatement, [nameOf(table)], signal);
    return rows.map(
      (row) => `backend ${row["pid"]} (${row["usename"] ?? "user not visible"}) holds ${words(row["mode"]!)}`,
    );
  },

  async held(database, mark, table, signal) {
    const rows = await database.ask(
      `${locksStatement} AND a.application_name = $2 AND a.state IS NOT NULL`,
      [nameOf(table), mark],
      signal,
    );
    return rows.map((row) => `backend ${row["pid"]} holds ${words(row["mode"]!)} on ${table.schema}.${table.name}`);
  },

  async refused(database, session, table, mode) {
    const wanted = keepsOut[modeOf(mode)]!.toUpperCase();
    await session.query("BEGIN");
    try {
      await session.query(`LOCK TABLE ${nameOf(table)} IN ${wanted} MODE NOWAIT`);
      return null;
    } catch (error) {
      const refusal = database.refusal(error);
      if (refusal === "lock-timeout") return `another session is refused ${wanted}`;
      if (refusal === "permission") return `what it keeps out, ${wanted}, is more than we may ask for`;
      throw error;
    } finally {
      await session.query("ROLLBACK");
    }
  },
};
