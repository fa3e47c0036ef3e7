import { randomUUID } from "node:crypto";
import { type ClientBase, DatabaseError, Pool, type PoolConfig } from "pg";
import type { LedgerWriter } from "../ledger/ledger.ts";
import { type Row, type RowWrite, statementFor } from "../ledger/row-write.ts";

/** Set as a careful application would, so that nothing waits for ever. */
function openPool(connectionString: string, options: PoolConfig): Pool {
  const pool = new Pool({
    connectionString,
    application_name: "shop/web",
    connectionTimeoutMillis: 1_000,
    statement_timeout: 2_000,
    query_timeout: 3_000,
    idle_in_transaction_session_timeout: 5_000,
    ...options,
  });
  // a lost connection is told by the query that meets it
  pool.on("error", () => {});
  pool.on("connect", (client) => client.on("error", () => {}));
  return pool;
}

const webConnections = 10;

/** A pool of fixed size, its connections made at once and kept: how most applications are set up. */
export async function openWebPool(connectionString: string): Promise<Pool> {
  const pool = openPool(connectionString, { max: webConnections, idleTimeoutMillis: 0 });
  const clients = await Promise.all(Array.from({ length: webConnections }, () => pool.connect()));
  for (const client of clients) client.release();
  return pool;
}

/** A new connection for each use, as functions that run on demand have. */
export function openPerUse(connectionString: string): Pool {
  return openPool(connectionString, { max: 16, maxUses: 1 });
}

const leavesConnectionUsable = (error: unknown) => error instanceof DatabaseError && error.severity === "ERROR";

export async function borrow<T>(pool: Pool, work: (client: ClientBase) => Promise<T>): Promise<T> {
  const client = await pool.connect();
  let broken = false;
  try {
    return await work(client);
  } catch (error) {
    broken = !leavesConnectionUsable(error);
    throw error;
  } finally {
    client.release(broken);
  }
}

/** A transaction that remembers what it wrote. */
export class Recording {
  readonly client: ClientBase;
  readonly writes: RowWrite[] = [];
  readonly receipt = randomUUID();

  constructor(client: ClientBase) {
    this.client = client;
  }

  async write(write: RowWrite): Promise<void> {
    await this.client.query(statementFor(write));
    this.writes.push(write);
  }

  /** Inserts a row whose id the server gives. */
  async insert(table: string, row: Row): Promise<string> {
    const { text, values } = statementFor({ kind: "insert", table, row });
    const { rows } = await this.client.query<{ id: string }>(`${text} RETURNING id`, values);
    const { id } = rows[0]!;
    this.writes.push({ kind: "insert", table, row: { id, ...row } });
    return id;
  }
}

const mark = "SELECT pg_current_xact_id()::text AS xid, pg_current_wal_insert_lsn()::text AS lsn";

/** Runs `work` in a transaction that is in the ledger exactly when it is in the database. */
export async function inTransaction(
  pool: Pool,
  ledger: LedgerWriter,
  work: (transaction: Recording) => Promise<void>,
): Promise<void> {
  await borrow(pool, async (client) => {
    await client.query("BEGIN");
    const recording = new Recording(client);
    let where: { xid: string; lsn: string };
    try {
      await work(recording);
      where = (await client.query<{ xid: string; lsn: string }>(mark)).rows[0]!;
    } catch (error) {
      if (leavesConnectionUsable(error)) await client.query("ROLLBACK");
      throw error;
    }
    const n = ledger.begin({ ...where, receipt: recording.receipt, writes: recording.writes });
    // from here until the answer, only the server knows
    const { command } = await client.query("COMMIT");
    ledger.end(n, command === "COMMIT");
  });
}
