import { randomBytes } from "node:crypto";
import mysql from "mysql2/promise";
import { Client } from "pg";

/** `mysql` stands for MariaDB as well: one protocol, one dialect, told apart by version. */
export type Engine = "postgres" | "mysql";

export type Row = Record<string, unknown>;

/** What tests do as the server's administrator, on a fresh connection each time, so that it works across restarts. */
export interface DatabaseAdmin {
  readonly engine: Engine;
  /** The administrator's URL, with the password. */
  readonly url: string;
  query(sql: string, values?: unknown[]): Promise<Row[]>;
  /** Runs statements in order on one connection; in the database of the URL, or in another. */
  run(statements: readonly string[], database?: string): Promise<void>;
  /** The administrator's URL for another database; the database need not be there. */
  urlOf(database: string): string;
  /** Creates an empty database and returns the administrator's URL for it. */
  createDatabase(name: string): Promise<string>;
  /** Ends the sessions in it and drops it. */
  dropDatabase(name: string): Promise<void>;
  /** Creates a user who may do nothing but what `grants` say, and returns the user's URL. */
  createUser(name: string, options?: { database?: string; grants?: readonly string[] }): Promise<string>;
}

export const quoteName: Record<Engine, (name: string) => string> = {
  postgres: (name) => `"${name.replaceAll('"', '""')}"`,
  mysql: (name) => `\`${name.replaceAll("`", "``")}\``,
};

export function administer(engine: Engine, url: string): DatabaseAdmin {
  const quote = quoteName[engine];
  const urlOf = (database: string) => {
    const other = new URL(url);
    other.pathname = `/${encodeURIComponent(database)}`;
    return other.href;
  };
  const query = (sql: string, values?: unknown[]) => withConnection(engine, url, (ask) => ask(sql, values));
  const run = (statements: readonly string[], database?: string) =>
    withConnection(engine, database === undefined ? url : urlOf(database), async (ask) => {
      for (const sql of statements) await ask(sql);
    });
  return {
    engine,
    url,
    query,
    run,
    urlOf,
    async createDatabase(name) {
      await query(`CREATE DATABASE ${quote(name)}`);
      return urlOf(name);
    },
    async dropDatabase(name) {
      if (engine === "postgres") return run([`DROP DATABASE IF EXISTS ${quote(name)} WITH (FORCE)`]);
      const sessions = await query("SELECT id FROM information_schema.processlist WHERE db = ?", [name]);
      for (const { id } of sessions) await query(`KILL ${Number(id)}`).catch(unlessGone);
      return run([`DROP DATABASE IF EXISTS ${quote(name)}`]);
    },
    async createUser(name, { database, grants = [] } = {}) {
      const password = randomBytes(12).toString("hex");
      await run([
        engine === "postgres"
          ? `CREATE ROLE ${quote(name)} LOGIN PASSWORD '${password}'`
          : `CREATE USER ${quote(name)}@'%' IDENTIFIED BY '${password}'`,
      ]);
      await run(grants, database);
      const theirs = new URL(database === undefined ? url : urlOf(database));
      theirs.username = encodeURIComponent(name);
      theirs.password = password;
      return theirs.href;
    },
  };
}

const noSuchThread = 1094;
function unlessGone(error: { errno?: number }): void {
  if (error.errno !== noSuchThread) throw error;
}

type Ask = (sql: string, values?: unknown[]) => Promise<Row[]>;

async function withConnection<T>(engine: Engine, url: string, work: (ask: Ask) => Promise<T>): Promise<T> {
  if (engine === "mysql") {
    const connection = await mysql.createConnection({ uri: url, supportBigNumbers: true, bigNumberStrings: true });
    connection.on("error", () => {});
    try {
      return await work(async (sql, values) => {
        const [rows] = await connection.query(sql, values);
        return Array.isArray(rows) ? (rows as Row[]) : [];
      });
    } finally {
      await connection.end().catch(() => connection.destroy());
    }
  }
  const client = new Client({ connectionString: url, application_name: "testkit" });
  client.on("error", () => {});
  await client.connect();
  try {
    return await work(async (sql, values) => (await client.query(sql, values)).rows as Row[]);
  } finally {
    await client.end().catch(() => {});
  }
}
