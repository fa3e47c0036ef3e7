import type { SessionKilling } from "../skills/session-kill.ts";

/** Replication and other work of the server's own. */
const serversOwn = ["system user", "event_scheduler", "unauthenticated user"];

export const mysqlSessionKill: SessionKilling = {
  /** As far as we may see the accounts; others' are not listed to those who may not read them. */
  async administrators(database, signal) {
    const rows = await database.ask(
      `SELECT DISTINCT grantee FROM information_schema.user_privileges
        WHERE privilege_type IN ('SUPER', 'CONNECTION ADMIN', 'CONNECTION_ADMIN')`,
      [],
      signal,
    );
    return [...serversOwn, ...rows.flatMap(({ grantee }) => /^'(.*)'@/.exec(grantee!)?.[1] ?? [])];
  },

  async end(database, { id }, signal) {
    // connection ids are not used again
    await database.dialect.endSession((sql, values) => database.ask(sql, values, signal), id);
  },
};
