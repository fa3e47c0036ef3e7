import { type Stall, startLosableWire } from "@chaos-agents/testkit/contract";
import type { TestDatabase } from "@chaos-agents/testkit/vitest";
import mysql from "mysql2/promise";
import { Client } from "pg";
import { expect } from "vitest";

/** Which of our statements wait, in words of the server's catalog; MariaDB tells of rows in one place and of tables in another. */
const waiting = {
  postgres: `SELECT 1 FROM pg_stat_activity
              WHERE datname = current_database() AND application_name LIKE 'chaos/%' AND wait_event_type = 'Lock'`,
  mysql: `SELECT 1 FROM information_schema.processlist p WHERE p.id <> CONNECTION_ID() AND p.db = DATABASE() AND
            (p.state LIKE 'Waiting for % lock' OR p.command <> 'Sleep' AND p.id IN
              (SELECT trx_mysql_thread_id FROM information_schema.innodb_trx WHERE trx_state = 'LOCK WAIT'))`,
};

/** Somebody else's transaction that has run these statements and stays open; the injecting client comes over a wire of its own. */
export async function stallBehind(database: TestDatabase, statements: readonly string[]): Promise<Stall> {
  const { hostname, port } = new URL(database.url);
  const wire = await startLosableWire({ host: hostname, port: Number(port) });
  const holder = await hold(database, statements);
  const waits = async () => (await database.admin.query(waiting[database.engine])).length > 0;
  const way = new URL(database.url);
  way.hostname = wire.host;
  way.port = String(wire.port);
  return {
    config: { connection_url: way.href },
    // InnoDB's table of transactions stands still while it is asked more often
    reached: () => expect.poll(waits, { timeout: 10_000, interval: database.engine === "mysql" ? 120 : 10 }).toBe(true),
    waits,
    lose: () => wire.lose(),
    release: () => holder.end(),
    async [Symbol.asyncDispose]() {
      await holder.end();
      await wire[Symbol.asyncDispose]();
    },
  };
}

async function hold({ engine, url }: TestDatabase, statements: readonly string[]): Promise<{ end(): Promise<void> }> {
  if (engine === "postgres") {
    const client = new Client({ connectionString: url });
    await client.connect();
    for (const sql of ["BEGIN", ...statements]) await client.query(sql);
    return client;
  }
  const client = await mysql.createConnection(url);
  for (const sql of ["START TRANSACTION", ...statements]) await client.query(sql);
  return client;
}
