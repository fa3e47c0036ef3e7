import type { Ask, OurSession } from "../dialect.ts";
import type { Activity, ServerSession } from "../schema.ts";
import type { Row } from "../session.ts";

const epochMs = (column: string) => `pg_catalog.floor(extract(epoch FROM ${column}) * 1000)`;
const time = (text: string | null | undefined) => (text ? Number(text) : null);

export async function readActivity(ask: Ask): Promise<Activity> {
  const states = await ask(`
    SELECT coalesce(state, 'not visible to us') AS state, count(*) AS sessions,
           count(*) FILTER (WHERE wait_event_type = 'Lock') AS waiting
      FROM pg_catalog.pg_stat_activity WHERE backend_type = 'client backend' OR backend_type IS NULL
     GROUP BY 1 ORDER BY 2 DESC, 1`);
  const [facts] = await ask(`
    SELECT current_setting('max_connections') AS max,
           current_setting('superuser_reserved_connections')::int4
             + coalesce(current_setting('reserved_connections', true)::int4, 0) AS reserved,
           d.xact_commit + d.xact_rollback AS work,
           ${epochMs("coalesce(d.stats_reset, pg_catalog.pg_postmaster_start_time())")} AS since,
           CASE WHEN pg_catalog.pg_has_role(current_user, 'pg_read_all_stats', 'MEMBER')
                THEN (SELECT count(*) FROM pg_catalog.pg_stat_replication) END AS replicas
      FROM pg_catalog.pg_stat_database d WHERE d.datname = pg_catalog.current_database()`);
  return {
    states: states.map((row) => ({ state: row["state"]!, sessions: Number(row["sessions"]) })),
    sessions: states.reduce((total, row) => total + Number(row["sessions"]), 0),
    waitingForLocks: states.reduce((total, row) => total + Number(row["waiting"]), 0),
    maxConnections: Number(facts!["max"]),
    reservedConnections: Number(facts!["reserved"]),
    work: { what: "transactions", count: Number(facts!["work"]), since: time(facts!["since"]) },
    replicas: facts!["replicas"] ? Number(facts!["replicas"]) : null,
  };
}

const ourOwn = "(application_name LIKE 'chaos/%' OR application_name = 'chaos-probe')";

export async function listSessions(ask: Ask): Promise<ServerSession[]> {
  const rows = await ask(`
    SELECT pid, usename, datname, client_addr, application_name, state, query, ${epochMs("backend_start")} AS connected,
           ${epochMs("xact_start")} AS in_transaction, ${epochMs("query_start")} AS started, ${ourOwn} AS ours
      FROM pg_catalog.pg_stat_activity WHERE backend_type = 'client backend' OR backend_type IS NULL ORDER BY pid`);
  return rows.map((row) => ({
    id: row["pid"]!,
    user: row["usename"] ?? null,
    database: row["datname"] ?? null,
    client: row["client_addr"] ?? null,
    application: row["application_name"] ?? null,
    state: row["state"] ?? null,
    connectedAt: time(row["connected"]),
    transactionSince: time(row["in_transaction"]),
    statementSince: row["state"] === "active" ? time(row["started"]) : null,
    statement: row["query"] ?? null,
    ours: row["ours"] === "t",
  }));
}

/** A backend leaves pg_stat_activity after its transaction and its locks, so absence here means that all is gone. */
export async function listOurSessions(ask: Ask, mark?: string): Promise<OurSession[]> {
  const rows = await ask(
    `SELECT pid, application_name AS mark, state, pg_catalog.left(query, 80) AS query
       FROM pg_catalog.pg_stat_activity
      WHERE CASE WHEN $1::text IS NULL THEN application_name LIKE 'chaos/%' AND datname = pg_catalog.current_database()
                 ELSE application_name = $1 END ORDER BY pid`,
    [mark ?? null],
  );
  return rows.map((row) => ({ id: row["pid"]!, mark: row["mark"]!, detail: sessionDetail(row) }));
}

const sessionDetail = (row: Row) => [row["state"], row["query"]].filter(Boolean).join(": ");
