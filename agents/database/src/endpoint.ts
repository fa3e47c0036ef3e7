import { isIP } from "node:net";

/** Which family of servers an URL names. MariaDB and MySQL speak the same protocol; the version tells them apart. */
export type Engine = "postgres" | "mysql";

/** How far a connection is protected, in libpq's words, which MySQL's map onto. */
export const tlsModes = ["disable", "prefer", "require", "verify-ca", "verify-full"] as const;
export type TlsMode = (typeof tlsModes)[number];

export interface Tls {
  mode: TlsMode;
  /** Paths of PEM files. */
  ca?: string;
  cert?: string;
  key?: string;
}

/** Where a database is and how to get in, read from its URL. */
export interface Endpoint {
  engine: Engine;
  host: string;
  port: number;
  /** Path of a Unix socket instead of host and port. */
  socket?: string;
  user?: string;
  password?: string;
  database?: string;
  tls: Tls;
  /** Milliseconds until a connection attempt is given up. */
  connectTimeout: number;
  /** PostgreSQL's `options`, such as `-c search_path=shop`. */
  serverOptions?: string;
  channelBinding: boolean;
}

/** Thrown by `parseConnectionUrl`; says what is wrong without repeating the URL, which holds a password. */
export class ConnectionUrlError extends Error {}

const schemes: Record<string, Engine> = {
  postgres: "postgres",
  postgresql: "postgres",
  mysql: "mysql",
  mariadb: "mysql",
};

const postgresParams = [
  "sslmode",
  "sslrootcert",
  "sslcert",
  "sslkey",
  "host",
  "connect_timeout",
  "options",
  "channel_binding",
  "application_name",
  "uselibpqcompat",
];
const mysqlParams = ["ssl-mode", "ssl", "ssl-ca", "ssl-cert", "ssl-key", "socket", "connect-timeout"];
const mysqlTlsModes: Record<string, TlsMode> = {
  disabled: "disable",
  preferred: "prefer",
  required: "require",
  verify_ca: "verify-ca",
  verify_identity: "verify-full",
};

/** The engine an URL's scheme names, or undefined. */
export function engineOfUrl(url: string): Engine | undefined {
  return schemes[/^([a-z][a-z0-9+.-]*):\/\//i.exec(url)?.[1]?.toLowerCase() ?? ""];
}

/** Reads a connection URL. Throws `ConnectionUrlError` for what it does not understand, so that nothing is ignored. */
export function parseConnectionUrl(text: string): Endpoint {
  const engine = engineOfUrl(text);
  if (!engine) throw new ConnectionUrlError(`it has to start with ${Object.keys(schemes).join("://, ")}://`);
  const url = parseUrl(text);
  const params = new Map([...url.searchParams].map(([key, value]) => [canonical(engine, key), value]));
  const known = engine === "postgres" ? postgresParams : mysqlParams;
  for (const key of params.keys()) {
    if (!known.includes(key)) {
      throw new ConnectionUrlError(
        `it has the parameter "${key}", which is not supported; known are ${known.join(", ")}`,
      );
    }
  }
  const database = decode(url.pathname.replace(/^\//, ""));
  const base = {
    engine,
    port: url.port === "" ? (engine === "postgres" ? 5432 : 3306) : Number(url.port),
    ...(url.username && { user: decode(url.username) }),
    ...(url.password && { password: decode(url.password) }),
    ...(database && { database }),
  };
  const urlHost = decode(url.hostname).replace(/^\[(.*)\]$/, "$1");
  return engine === "postgres" ? postgresEndpoint(base, urlHost, params) : mysqlEndpoint(base, urlHost, params);
}

type Base = Pick<Endpoint, "engine" | "port" | "user" | "password" | "database">;

function postgresEndpoint(base: Base, urlHost: string, params: Map<string, string>): Endpoint {
  const host = params.get("host") ?? (urlHost || "localhost");
  if (host.includes(",")) throw new ConnectionUrlError("it names several hosts; name the one to break");
  const ca = params.get("sslrootcert");
  const ofSystem = ca === "system";
  const mode = params.get("sslmode") ?? (ofSystem ? "verify-full" : "prefer");
  const tlsMode = mode === "allow" ? "prefer" : tlsModes.find((known) => known === mode);
  if (!tlsMode) throw new ConnectionUrlError(`sslmode=${mode} is not one of ${tlsModes.join(", ")}`);
  // as libpq has it: anybody gets a certificate from these, so that only the name tells whose it is
  if (ofSystem && tlsMode !== "verify-full") {
    throw new ConnectionUrlError(`sslrootcert=system wants sslmode=verify-full, not ${mode}`);
  }
  const binding = params.get("channel_binding") ?? "disable";
  if (!["disable", "prefer", "require"].includes(binding)) {
    throw new ConnectionUrlError(`channel_binding=${binding} is not one of disable, prefer`);
  }
  // the driver binds where the server offers it, and would log in without where it does not
  if (binding === "require") {
    throw new ConnectionUrlError(
      "channel_binding=require cannot be kept; write channel_binding=prefer, and sslmode=verify-full to be sure of the server",
    );
  }
  return {
    ...base,
    host,
    ...(host.startsWith("/") && { socket: `${host}/.s.PGSQL.${base.port}` }),
    tls: tlsOf(tlsMode, ofSystem ? undefined : ca, params.get("sslcert"), params.get("sslkey")),
    connectTimeout: seconds(params.get("connect_timeout")),
    ...(params.has("options") && { serverOptions: params.get("options")! }),
    channelBinding: binding === "prefer",
  };
}

function mysqlEndpoint(base: Base, urlHost: string, params: Map<string, string>): Endpoint {
  const socket = params.get("socket");
  const host = urlHost || "localhost";
  const mode = mysqlTlsMode(params);
  // the driver checks a certificate against "localhost" when it is given an address
  if (mode === "verify-full" && isIP(host) !== 0) {
    throw new ConnectionUrlError(
      `it wants the server's identity checked, for which the host has to be a name, not ${host}`,
    );
  }
  return {
    ...base,
    host,
    ...(socket && { socket }),
    tls: tlsOf(mode, params.get("ssl-ca"), params.get("ssl-cert"), params.get("ssl-key")),
    connectTimeout: seconds(params.get("connect-timeout")),
    channelBinding: false,
  };
}

function mysqlTlsMode(params: Map<string, string>): TlsMode {
  const mode = params.get("ssl-mode");
  if (mode !== undefined) {
    const word = mode.toLowerCase().replaceAll("-", "_");
    const known = mysqlTlsModes[word] ?? tlsModes.find((tlsMode) => tlsMode === mode.toLowerCase());
    if (known) return known;
    throw new ConnectionUrlError(
      `ssl-mode=${mode} is not one of ${Object.keys(mysqlTlsModes).join(", ").toUpperCase()}`,
    );
  }
  const ssl = params.get("ssl");
  if (ssl === undefined) return params.has("ssl-ca") ? "verify-ca" : "prefer";
  if (["true", "1"].includes(ssl)) return "verify-full";
  if (["false", "0"].includes(ssl)) return "disable";
  if (/^\{\s*"rejectUnauthorized"\s*:\s*(true|false)\s*\}$/.test(ssl))
    return ssl.includes("true") ? "verify-full" : "require";
  throw new ConnectionUrlError(`ssl=${ssl} is not understood; write ssl-mode=REQUIRED or ssl=true`);
}

function tlsOf(mode: TlsMode, ca?: string, cert?: string, key?: string): Tls {
  // libpq's rule, and ours for MySQL: an authority that is named is not named in vain
  const checked = mode === "require" && ca ? "verify-ca" : mode;
  return { mode: checked, ...(ca && { ca }), ...(cert && { cert }), ...(key && { key }) };
}

const canonical = (engine: Engine, key: string) =>
  engine === "postgres" ? key : key.replaceAll("_", "-").replace(/^ssl-?mode$/i, "ssl-mode");

function parseUrl(text: string): URL {
  try {
    // an empty host, as in postgres:///shop?host=/tmp, is fine with non-special schemes, but not beside a user
    return new URL(text.replace(/@\//, "@localhost/"));
  } catch {
    throw new ConnectionUrlError(
      "it is not a URL; characters such as @ : / # % in a user or password have to be percent-encoded",
    );
  }
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new ConnectionUrlError("it has a % that is not followed by two hex digits; write %25 for a % of its own");
  }
}

function seconds(text: string | undefined): number {
  if (text === undefined) return 10_000;
  const amount = Number(text);
  if (Number.isFinite(amount) && amount > 0) return amount * 1_000;
  throw new ConnectionUrlError(`the connect timeout "${text}" is not a number of seconds above 0`);
}

/** Where that is, for people: never with a password. */
export function describeEndpoint(endpoint: Endpoint): string {
  const host = endpoint.host.includes(":") ? `[${endpoint.host}]` : endpoint.host;
  const place = endpoint.socket ?? `${host}:${endpoint.port}`;
  return endpoint.database ? `${place}/${endpoint.database}` : place;
}
