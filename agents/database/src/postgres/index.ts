import type { Dialect, Driver, Server } from "../dialect.ts";
import type { Session } from "../session.ts";
import { listOurSessions, listSessions, readActivity } from "./activity.ts";
import { describeTables } from "./describe.ts";
import { codeOf, postgresConnectFailure, postgresRefusal } from "./errors.ts";
import { missingRights } from "./privileges.ts";
import { openPostgres } from "./session.ts";
import { listSettings } from "./settings.ts";
import { listSchemas, listTables } from "./tables.ts";
import { postgresValues } from "./values.ts";

const outcomes = { committed: "committed", aborted: "aborted", "in progress": "in-progress" } as const;

export const driver: Driver = {
  open: openPostgres,
  connectFailure: postgresConnectFailure,
  async dialect(session) {
    const server = await identify(session);
    return {
      engine: "postgres",
      server,
      ...postgresValues,
      refusal: postgresRefusal,
      async transactionId(transaction) {
        const [row] = await transaction.query("SELECT pg_catalog.pg_current_xact_id()::text AS id");
        return row!["id"]!;
      },
      async transactionOutcome(ask, id) {
        try {
          const [row] = await ask("SELECT pg_catalog.pg_xact_status($1::xid8) AS status", [id]);
          return outcomes[row?.["status"] as keyof typeof outcomes] ?? "unknown";
        } catch (error) {
          // of the future: this is not the server, or not the history, that gave the id
          if (codeOf(error) === "22023") return "unknown";
          throw error;
        }
      },
      schemas: listSchemas,
      tables: listTables,
      describe: describeTables,
      settings: listSettings,
      activity: readActivity,
      sessions: listSessions,
      missing: (ask, needs) => missingRights(ask, server, needs),
      ourSessions: listOurSessions,
      heavyQuery: (kind) =>
        kind === "cpu"
          ? "SELECT count(*) FROM pg_catalog.generate_series(1, 1000000) a, pg_catalog.generate_series(1, 1000000) b WHERE a * b % 7 = 3"
          : "SELECT count(*) FROM (SELECT pg_catalog.md5(g::text) m FROM pg_catalog.generate_series(1, 5000000) g ORDER BY 1 OFFSET 1) s",
      async deadlocks(ask) {
        const [row] = await ask("SELECT deadlocks FROM pg_catalog.pg_stat_database WHERE datname = current_database()");
        return row ? Number(row["deadlocks"]) : null;
      },
      async endSession(ask, id, mark) {
        await ask(
          `SELECT pg_catalog.pg_terminate_backend(pid) FROM pg_catalog.pg_stat_activity
            WHERE pid = $1::int4 AND ($2::text IS NULL OR application_name = $2)`,
          [id, mark ?? null],
        );
      },
      async isGone(ask, id) {
        const [row] = await ask("SELECT count(*) AS there FROM pg_catalog.pg_stat_activity WHERE pid = $1::int4", [id]);
        return row!["there"] === "0";
      },
      async cancelStatement(ask, id) {
        await ask("SELECT pg_catalog.pg_cancel_backend(pid) FROM pg_catalog.pg_stat_activity WHERE pid = $1::int4", [
          id,
        ]);
      },
    } satisfies Dialect;
  },
};

/** Also turns the session into one for catalogs: names outside pg_catalog then come back qualified. */
async function identify(session: Session): Promise<Server> {
  const [row] = await session.query(`
    SELECT current_setting('server_version_num') AS number, split_part(current_setting('server_version'), ' ', 1) AS version,
           current_user AS user, current_setting('is_superuser') AS superuser, current_database() AS database,
           pg_is_in_recovery() AS standby,
           pg_snapshot_xmax(pg_current_snapshot())::text AS since,
           current_schema() AS schema, (SELECT oid::text FROM pg_database WHERE datname = current_database()) AS oid`);
  await session.query("SET search_path = pg_catalog");
  return {
    product: "PostgreSQL",
    version: row!["version"]!,
    number: Number(row!["number"]),
    user: row!["user"]!,
    isAdmin: row!["superuser"] === "on",
    database: row!["database"] ?? null,
    defaultSchema: row!["schema"] ?? null,
    readOnly: row!["standby"] === "t",
    since: row!["since"]!,
    identity: { ...(await systemIdentifier(session)), database: row!["oid"]! },
  };
}

/** Made with the data directory, and shared with its standbys. Any role may ask, unless that was taken away. */
async function systemIdentifier(session: Session): Promise<{ system?: string }> {
  try {
    const [row] = await session.query("SELECT system_identifier::text AS id FROM pg_control_system()");
    return { system: row!["id"]! };
  } catch (error) {
    if (postgresRefusal(error) === "permission") return {};
    throw error;
  }
}
