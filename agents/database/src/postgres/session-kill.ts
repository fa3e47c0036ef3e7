import type { SessionKilling } from "../skills/session-kill.ts";

export const postgresSessionKill: SessionKilling = {
  async administrators(database, signal) {
    const rows = await database.ask("SELECT rolname FROM pg_catalog.pg_roles WHERE rolsuper", [], signal);
    return rows.map(({ rolname }) => rolname!);
  },

  async end(database, { id, connectedAt }, signal) {
    // the process number may belong to somebody else by now
    await database.ask(
      `SELECT pg_catalog.pg_terminate_backend(pid) FROM pg_catalog.pg_stat_activity
        WHERE pid = $1::int4 AND pg_catalog.floor(extract(epoch FROM backend_start) * 1000) = $2::numeric`,
      [id, String(connectedAt)],
      signal,
    );
  },
};
