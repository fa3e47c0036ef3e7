import type { Connection } from "mysql2/promise";
import type { Photograph, PhotographOptions } from "./facts.ts";
import { ask } from "./mysql-ask.ts";

/** What is so at this moment: other clients' sessions, transactions and locks. The server's own helpers do not count. */
export async function mysqlMoment(
  connection: Connection,
  scope: NonNullable<PhotographOptions["scope"]>,
  facts: Photograph["facts"],
): Promise<void> {
  const others = `p.id <> CONNECTION_ID() AND p.command <> 'Daemon' AND p.user NOT IN ('system user', 'event_scheduler')
    ${scope === "server" ? "" : "AND p.db = DATABASE()"}`;
  const count = async (section: "sessions" | "locks", sql: string) => {
    for (const row of await ask(connection, sql)) facts[section][String(row["name"])] = String(row["fact"]);
  };
  await count(
    "sessions",
    `SELECT CONCAT('sessions of ', p.user, ' in ', COALESCE(p.db, 'no database'), ', ', p.command) AS name, COUNT(*) AS fact
     FROM information_schema.processlist p WHERE ${others} GROUP BY 1`,
  );
  const inTransaction = await openTransactions(connection);
  if (inTransaction.length > 0) {
    await count(
      "sessions",
      `SELECT CONCAT('transactions of ', p.user, ' in ', COALESCE(p.db, 'no database')) AS name, COUNT(*) AS fact
       FROM information_schema.processlist p WHERE ${others} AND p.id IN (${inTransaction.join(", ")}) GROUP BY 1`,
    );
  }
  for (const row of await ask(connection, "XA RECOVER")) {
    facts.sessions[`prepared transaction ${row["data"]}`] = "prepared";
  }
  const source = await lockSource(connection);
  if (source === undefined) return;
  await count(
    "locks",
    `SELECT CONCAT(l.type, ' on ', l.name, ', ', l.mode, ', by ', p.user) AS name, COUNT(*) AS fact
     FROM (${source}) l JOIN information_schema.processlist p ON p.id = l.thread WHERE ${others} GROUP BY 1`,
  );
}

/** Connections with a transaction open, from InnoDB's report: its table of them stays as it was while it is read often. */
async function openTransactions(connection: Connection): Promise<string[]> {
  const [row] = await ask(connection, "SHOW ENGINE INNODB STATUS");
  const transactions = String(row!["Status"])
    .split(/^---TRANSACTION /m)
    .slice(1);
  return transactions.flatMap((text) => {
    const thread = /^[^,]+, ACTIVE[^]*? thread id (\d+),/.exec(text);
    return thread ? [thread[1]!] : [];
  });
}

/** Where this server shows named locks and table locks, if it does: MariaDB in a plugin, MySQL in its performance schema. */
async function lockSource(connection: Connection): Promise<string | undefined> {
  const found = await ask(
    connection,
    `SELECT LOWER(table_name) AS name FROM information_schema.tables
     WHERE table_schema = 'information_schema' AND table_name = 'METADATA_LOCK_INFO'
       OR table_schema = 'performance_schema' AND table_name = 'metadata_locks' AND @@performance_schema
     ORDER BY table_schema`,
  );
  if (found[0]?.["name"] === "metadata_lock_info") {
    return `SELECT thread_id AS thread, lock_type AS type, lock_mode AS mode, CONCAT_WS('.', table_schema, table_name) AS name
      FROM information_schema.metadata_lock_info`;
  }
  if (found.length === 0) return undefined;
  return `SELECT t.processlist_id AS thread, m.object_type AS type, m.lock_type AS mode,
      CONCAT_WS('.', m.object_schema, m.object_name) AS name
    FROM performance_schema.metadata_locks m JOIN performance_schema.threads t ON t.thread_id = m.owner_thread_id`;
}
