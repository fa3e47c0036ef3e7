import type { Ask, Server } from "../dialect.ts";
import type { Activity, ServerSession } from "../schema.ts";
import { refuses } from "./errors.ts";
import { listOurSessions } from "./marks.ts";

export async function readActivity(ask: Ask, server: Server): Promise<Activity> {
  const states = await ask(`
    SELECT CASE WHEN command IN ('Sleep') THEN 'idle' WHEN command = 'Daemon' THEN 'daemon' ELSE 'active' END AS state,
           COUNT(*) AS sessions, SUM(state LIKE '%lock%') AS waiting
      FROM information_schema.processlist WHERE command <> 'Daemon' GROUP BY 1 ORDER BY 2 DESC`);
  const status = new Map(
    (await ask("SHOW GLOBAL STATUS")).map((row) => [row["Variable_name"]!.toLowerCase(), Number(row["Value"])]),
  );
  const [facts] = await ask("SELECT @@GLOBAL.max_connections AS most, UNIX_TIMESTAMP() * 1000 AS now_ms");
  const visible = states.reduce((total, row) => total + Number(row["sessions"]), 0);
  const sessions = Math.max(visible, status.get("threads_connected") ?? 0);
  const hidden = sessions - visible;
  return {
    states: [
      ...states.map((row) => ({ state: row["state"]!, sessions: Number(row["sessions"]) })),
      ...(hidden > 0 ? [{ state: "not visible to us", sessions: hidden }] : []),
    ],
    sessions,
    waitingForLocks: states.reduce((total, row) => total + Number(row["waiting"] ?? 0), 0),
    maxConnections: Number(facts!["most"]),
    // one more than max_connections is let in, for an administrator
    reservedConnections: 0,
    work: {
      what: "statements",
      count: status.get("questions") ?? 0,
      since: Number(facts!["now_ms"]) - (status.get("uptime_since_flush_status") ?? status.get("uptime") ?? 0) * 1_000,
    },
    replicas: await countReplicas(ask, server),
  };
}

async function countReplicas(ask: Ask, server: Server): Promise<number | null> {
  const replicas = server.product === "MySQL" && server.number >= 80_022 ? "SHOW REPLICAS" : "SHOW SLAVE HOSTS";
  try {
    return (await ask(replicas)).length;
  } catch (error) {
    if (refuses(error, "permission")) return null;
    throw error;
  }
}

export async function listSessions(ask: Ask): Promise<ServerSession[]> {
  const ours = new Set((await listOurSessions(ask)).map(({ id }) => id));
  const transactions = await transactionStarts(ask);
  const rows = await ask(`
    SELECT p.id AS id, p.user AS user, p.db AS db, p.host AS host, p.command AS command, p.state AS state, p.info AS info,
           (UNIX_TIMESTAMP() - p.time) * 1000 AS since
      FROM information_schema.processlist p WHERE p.command NOT IN ('Daemon', 'Binlog Dump') ORDER BY p.id`);
  return rows.map((row) => {
    const idle = row["command"] === "Sleep";
    const transactionSince = transactions.get(row["id"]!) ?? null;
    return {
      id: row["id"]!,
      user: row["user"] ?? null,
      database: row["db"] ?? null,
      client: row["host"] ?? null,
      application: null,
      state: idle ? (transactionSince === null ? "idle" : "idle in transaction") : "active",
      connectedAt: null,
      transactionSince,
      statementSince: idle ? null : Number(row["since"]),
      statement: row["info"] ?? null,
      ours: ours.has(row["id"]!),
    };
  });
}

/** Needs PROCESS; empty without it. */
async function transactionStarts(ask: Ask): Promise<Map<string, number>> {
  try {
    const rows = await ask(`
      SELECT trx_mysql_thread_id AS id, UNIX_TIMESTAMP(trx_started) * 1000 AS started FROM information_schema.innodb_trx`);
    return new Map(rows.map((row) => [row["id"]!, Number(row["started"])]));
  } catch (error) {
    if (refuses(error, "permission")) return new Map();
    throw error;
  }
}

/**
 * Our named locks are freed after the rollback, so a marked session that is gone has nothing left. (innodb_trx tells the
 * same, but stands still while it is asked more than ten times a second.)
 */
export async function isGone(ask: Ask, id: string): Promise<boolean> {
  const [row] = await ask("SELECT COUNT(*) AS there FROM information_schema.processlist WHERE id = ?", [id]);
  return row!["there"] === "0";
}
