import { readFile } from "node:fs/promises";
import { Client, type ClientConfig, type QueryConfig, type QueryResult } from "pg";
import { describeError } from "@chaos-agents/core";
import type { Endpoint, Tls } from "../endpoint.ts";
import { type Outcome, SerialSession } from "../serial-session.ts";
import { codeOf } from "./errors.ts";
import { leaseMs, type Session, type SessionOptions, type Value } from "../session.ts";

class PostgresSession extends SerialSession<Client> {
  readonly #prepared = new Map<string, string>();

  constructor(client: Client, id: string, cancel: (id: string) => Promise<void>) {
    super(client, id, cancel);
    client.on("error", (error) => this.ended(describeError(error)));
    client.on("end", () => this.ended("the server closed the connection"));
  }

  protected async send(text: string, values: readonly Value[], asArrays: boolean, prepare: boolean): Promise<Outcome> {
    const result = await this.client.query({
      text,
      ...(values.length > 0 && { values: [...values] }),
      ...(asArrays && { rowMode: "array" }),
      ...(prepare && { name: this.#preparedName(text) }),
    } as QueryConfig);
    // several statements at once answer with several results
    const last: QueryResult = Array.isArray(result) ? result.at(-1) : result;
    return { rows: last.rows, affected: last.rowCount ?? 0 };
  }

  #preparedName(text: string): string {
    const known = this.#prepared.get(text);
    if (known !== undefined) return known;
    const name = `chaos_${this.#prepared.size}`;
    this.#prepared.set(text, name);
    return name;
  }

  protected async ping(): Promise<void> {
    // an empty statement is welcome even in a failed transaction
    await this.client.query("");
  }

  protected end(): Promise<void> {
    return this.client.end();
  }

  protected cut(): void {
    (this.client as unknown as { connection: { stream: { destroy(): void } } }).connection.stream.destroy();
  }
}

export async function openPostgres(
  endpoint: Endpoint,
  mark: string | null,
  options: SessionOptions,
  cancel: (id: string) => Promise<void>,
): Promise<Session> {
  const client = await connect(endpoint, mark, options.signal);
  try {
    const settings = sessionSettings(options);
    const optional = [...settings.ifKnown].map(([name, value]) => `('${name}', '${value}')`).join(", ");
    const result = (await client.query(`
      ${[...settings.always].map(([name, value]) => `SET ${name} = '${value}';`).join(" ")}
      SELECT count(set_config(s.name, v.value, false))
        FROM (VALUES ${optional}) v(name, value) JOIN pg_catalog.pg_settings s USING (name);
      SELECT pg_catalog.pg_backend_pid()::text AS id`)) as unknown as QueryResult<{ id: string }>[];
    return new PostgresSession(client, result.at(-1)!.rows[0]!.id, cancel);
  } catch (error) {
    await client.end().catch(() => {});
    throw error;
  }
}

/** Text forms that go back as they came, our own limits instead of the role's, and the lease. */
function sessionSettings({ lease, readOnly, lockTimeout, statementTimeout }: SessionOptions) {
  const always = new Map<string, string | number>([
    ["datestyle", "ISO, YMD"],
    ["intervalstyle", "postgres"],
    ["timezone", "UTC"],
    ["extra_float_digits", 1],
    ["bytea_output", "hex"],
    ["lc_monetary", "C"],
    ["standard_conforming_strings", "on"],
    ["statement_timeout", Math.ceil(statementTimeout ?? 0)],
    ["lock_timeout", Math.ceil(lockTimeout ?? 0)],
    ["idle_in_transaction_session_timeout", lease ? leaseMs : 0],
    ["default_transaction_isolation", "read committed"],
    ["default_transaction_read_only", readOnly ? "on" : "off"],
    // a dead network is noticed within the lease
    ["tcp_keepalives_idle", 5],
    ["tcp_keepalives_interval", 3],
    ["tcp_keepalives_count", 3],
    ["tcp_user_timeout", leaseMs],
  ]);
  // since PostgreSQL 14 and 17
  const ifKnown = new Map<string, string | number>([
    ["idle_session_timeout", lease ? leaseMs : 0],
    ["client_connection_check_interval", lease ? 5_000 : 0],
    ["transaction_timeout", 0],
  ]);
  return { always, ifKnown };
}

async function connect(endpoint: Endpoint, mark: string | null, signal: AbortSignal | undefined): Promise<Client> {
  const { mode } = endpoint.tls;
  const ssl = mode === "disable" ? false : await tlsOptions(endpoint.tls);
  try {
    return await attempt(endpoint, mark, signal, ssl);
  } catch (error) {
    // a server without TLS, or one whose pg_hba.conf lets us in without it alone
    const refusesTls = /does not support SSL/.test(describeError(error)) || codeOf(error) === "28000";
    if (mode !== "prefer" || !refusesTls) throw error;
    return attempt(endpoint, mark, signal, false);
  }
}

async function attempt(
  endpoint: Endpoint,
  mark: string | null,
  signal: AbortSignal | undefined,
  ssl: ClientConfig["ssl"],
): Promise<Client> {
  signal?.throwIfAborted();
  const client = new Client({
    host: endpoint.host,
    port: endpoint.port,
    user: endpoint.user,
    password: endpoint.password,
    database: endpoint.database,
    ssl,
    application_name: mark ?? "chaos-probe",
    connectionTimeoutMillis: endpoint.connectTimeout,
    keepAlive: true,
    enableChannelBinding: endpoint.channelBinding,
    ...(endpoint.serverOptions && { options: endpoint.serverOptions }),
    types: { getTypeParser: () => (text: string) => text },
  });
  const onAbort = () => void client.end().catch(() => {});
  signal?.addEventListener("abort", onAbort, { once: true });
  // an error without a listener would end the process; the promises below carry it
  client.on("error", () => {});
  try {
    await client.connect();
    signal?.throwIfAborted();
    return client;
  } catch (error) {
    await client.end().catch(() => {});
    throw signal?.aborted ? signal.reason : error;
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
    ...(tls.mode === "verify-ca" && { checkServerIdentity: () => undefined }),
  };
}
