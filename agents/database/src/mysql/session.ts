import { readFile } from "node:fs/promises";
import mysql from "mysql2";
import type { Connection, ConnectionOptions, ExecuteValues, ResultSetHeader } from "mysql2";
import { describeError } from "@chaos-agents/core";
import type { Endpoint, Tls } from "../endpoint.ts";
import { type Outcome, SerialSession } from "../serial-session.ts";
import { leaseMs, type Session, type SessionOptions, type Value } from "../session.ts";
import { takeMark } from "./marks.ts";

class MysqlSession extends SerialSession<Connection> {
  constructor(client: Connection, id: string, cancel: (id: string) => Promise<void>) {
    super(client, id, cancel);
    client.on("error", (error: unknown) => this.ended(describeError(error)));
    client.on("end", () => this.ended("the server closed the connection"));
  }

  protected send(sql: string, values: readonly Value[], rowsAsArray: boolean, prepare: boolean): Promise<Outcome> {
    const { promise, resolve, reject } = Promise.withResolvers<Outcome>();
    const done = (error: unknown, result: unknown) => {
      if (error) return reject(error);
      if (Array.isArray(result)) return resolve({ rows: result.map(textRow), affected: result.length });
      resolve({ rows: [], affected: (result as ResultSetHeader).affectedRows });
    };
    // bound by the server; what takes no values may be a statement that cannot be prepared
    if (values.length > 0 || prepare) this.client.execute({ sql, rowsAsArray }, [...values] as ExecuteValues[], done);
    else this.client.query({ sql, rowsAsArray }, done);
    return promise;
  }

  protected ping(): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.client.ping((error) => (error ? reject(error) : resolve()));
    return promise;
  }

  protected end(): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.client.end((error) => (error ? reject(error) : resolve()));
    return promise;
  }

  protected cut(): void {
    this.client.destroy();
  }
}

/** Numbers are exact here: what a double cannot hold arrives as text already. */
function text(value: unknown): Value {
  if (value === null || value === undefined) return null;
  if (typeof value === "string") return value;
  if (Buffer.isBuffer(value)) return value.toString("utf8");
  if (typeof value === "number" || typeof value === "bigint") return String(value);
  return JSON.stringify(value);
}

function textRow(row: unknown): unknown {
  if (Array.isArray(row)) return row.map(text);
  const known = row as Record<string, unknown>;
  for (const key in known) known[key] = text(known[key]);
  return known;
}

export async function openMysql(
  endpoint: Endpoint,
  mark: string | null,
  options: SessionOptions,
  cancel: (id: string) => Promise<void>,
): Promise<Session> {
  const client = await connect(endpoint, mark ?? "chaos-probe", options.signal);
  const session = new MysqlSession(client, String(client.threadId), cancel);
  try {
    const [row] = await session.query("SELECT VERSION() AS version, CONNECTION_ID() AS id");
    if (row!["id"] !== session.id)
      throw new Error("a proxy stands between us and the server; connect to the server itself");
    const settings = [...sessionSettings(options, /mariadb/i.test(row!["version"]!))];
    await session.query(`SET ${settings.map(([name, value]) => `SESSION ${name} = ${value}`).join(", ")}`);
    if (mark !== null) await takeMark(session, mark);
    return session;
  } catch (error) {
    session.destroy();
    throw error;
  }
}

/** A sql_mode that takes back whatever another one let in, our own limits, and the lease. */
function sessionSettings({ lease, readOnly, lockTimeout, statementTimeout }: SessionOptions, mariadb: boolean) {
  const settings = new Map<string, string | number>([
    ["sql_mode", "'STRICT_ALL_TABLES,ALLOW_INVALID_DATES,NO_AUTO_VALUE_ON_ZERO,NO_ENGINE_SUBSTITUTION'"],
    ["time_zone", "'+00:00'"],
    ["wait_timeout", lease ? leaseMs / 1_000 : 28_800],
    ["sql_safe_updates", 0],
    ["sql_select_limit", "DEFAULT"],
    ["group_concat_max_len", 1_048_576],
    ["transaction_read_only", readOnly ? 1 : 0],
    [mariadb ? "max_statement_time" : "max_execution_time", (statementTimeout ?? 0) / (mariadb ? 1_000 : 1)],
  ]);
  if (mariadb) {
    settings.delete("transaction_read_only");
    settings.set("tx_read_only", readOnly ? 1 : 0);
  }
  if (lockTimeout !== undefined) {
    const seconds = Math.max(1, Math.ceil(lockTimeout / 1_000));
    settings.set("lock_wait_timeout", seconds).set("innodb_lock_wait_timeout", seconds);
  }
  return settings;
}

async function connect(endpoint: Endpoint, program: string, signal: AbortSignal | undefined): Promise<Connection> {
  const { mode } = endpoint.tls;
  const ssl = mode === "disable" ? undefined : await tlsOptions(endpoint.tls);
  try {
    return await attempt(endpoint, program, signal, ssl);
  } catch (error) {
    if (mode !== "prefer" || (error as { code?: string }).code !== "HANDSHAKE_NO_SSL_SUPPORT") throw error;
    return attempt(endpoint, program, signal, undefined);
  }
}

async function attempt(
  endpoint: Endpoint,
  program: string,
  signal: AbortSignal | undefined,
  ssl: ConnectionOptions["ssl"],
): Promise<Connection> {
  signal?.throwIfAborted();
  const connection = mysql.createConnection({
    ...(endpoint.socket ? { socketPath: endpoint.socket } : { host: endpoint.host, port: endpoint.port }),
    ...(endpoint.user !== undefined && { user: endpoint.user }),
    ...(endpoint.password !== undefined && { password: endpoint.password }),
    ...(endpoint.database !== undefined && { database: endpoint.database }),
    ...(ssl && { ssl }),
    charset: "utf8mb4_bin",
    connectTimeout: endpoint.connectTimeout,
    connectAttributes: { program_name: program },
    supportBigNumbers: true,
    bigNumberStrings: true,
    dateStrings: true,
    jsonStrings: true,
    enableKeepAlive: true,
    keepAliveInitialDelay: 5_000,
  });
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const onAbort = () => reject(signal?.reason);
  signal?.addEventListener("abort", onAbort, { once: true });
  // an error without a listener would end the process
  connection.on("error", reject);
  connection.connect((error) => (error ? reject(error) : resolve()));
  try {
    await promise;
    return connection;
  } catch (error) {
    connection.destroy();
    throw error;
  } finally {
    signal?.removeEventListener("abort", onAbort);
  }
}

async function tlsOptions(tls: Tls) {
  const read = (path: string | undefined) => (path === undefined ? undefined : readFile(path, "utf8"));
  const [ca, cert, key] = await Promise.all([read(tls.ca), read(tls.cert), read(tls.key)]);
  return {
    ...(ca && { ca }),
    ...(cert && { cert }),
    ...(key && { key }),
    rejectUnauthorized: tls.mode === "verify-ca" || tls.mode === "verify-full",
    verifyIdentity: tls.mode === "verify-full",
  };
}
