import { appendFile, writeFile } from "node:fs/promises";
import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { makeCertificates } from "./certificates.ts";
import { type DatabaseServer, openServer, type ServerSettings } from "./database-server.ts";
import { freePort } from "./free-port.ts";
import { Keep } from "./keep.ts";
import { postgresHome, type PostgresVersion, reachableHome } from "./postgres-binaries.ts";
import { serviceUser } from "./service-user.ts";
import { postgresLogPrefix } from "./statement-log.ts";

export interface PostgresOptions {
  version: PostgresVersion;
  /** On top of PostgreSQL's own defaults and `log_statement = all`. */
  settings?: ServerSettings;
  /** Takes encrypted connections too, with certificates of its own. */
  tls?: boolean;
  /** Where to make its directory, instead of the system's temporary one. */
  directory?: string;
  signal?: AbortSignal;
}

/** Starts a new, empty PostgreSQL with the superuser `postgres`. Works as root too: the server then runs as another user. */
export async function startPostgres(options: PostgresOptions): Promise<DatabaseServer> {
  const home = postgresHome(options.version);
  const user = serviceUser("postgres");
  const keep = await Keep.open({
    prefix: "chaos-postgres-",
    user,
    ...(options.directory !== undefined && { parent: options.directory }),
  });
  try {
    const bin = join(reachableHome(home, keep.directory, user), "bin");
    const data = keep.path("data");
    const log = keep.path("server.log");
    const password = randomBytes(12).toString("hex");
    const passwordFile = keep.path("password");
    await writeFile(passwordFile, `${password}\n`, { mode: 0o644 });
    await keep.run({
      command: join(bin, "initdb"),
      args: [
        `--pgdata=${data}`,
        "--username=postgres",
        `--pwfile=${passwordFile}`,
        "--auth=scram-sha-256",
        "--encoding=UTF8",
        "--locale=C",
        "--no-sync",
      ],
      log: keep.path("initdb.log"),
    });
    const certificates = options.tls ? await makeCertificates(keep) : null;
    const port = await freePort();
    await appendFile(
      join(data, "postgresql.conf"),
      configFile({
        port,
        listen_addresses: "127.0.0.1",
        unix_socket_directories: "",
        // a killed server would leave its POSIX segments in /dev/shm
        dynamic_shared_memory_type: "mmap",
        timezone: "UTC",
        log_timezone: "UTC",
        log_statement: "all",
        log_line_prefix: postgresLogPrefix,
        ...(certificates && {
          ssl: true,
          ssl_ca_file: certificates.ca,
          ssl_cert_file: certificates.server.cert,
          ssl_key_file: certificates.server.key,
        }),
        ...options.settings,
      }),
    );
    return await openServer(
      {
        engine: "postgres",
        label: `PostgreSQL ${options.version}`,
        keep,
        port,
        url: `postgres://postgres:${password}@127.0.0.1:${port}/postgres`,
        serverLog: log,
        statementLog: log,
        certificates,
        stopSignal: "SIGINT",
        start: () => keep.start({ command: join(bin, "postgres"), args: ["-D", data], log, endWith: "SIGQUIT" }),
      },
      options.signal,
    );
  } catch (error) {
    await keep[Symbol.asyncDispose]();
    throw error;
  }
}

function configFile(settings: ServerSettings): string {
  const lines = Object.entries(settings).map(([name, value]) => {
    const text = typeof value === "boolean" ? (value ? "on" : "off") : String(value);
    return `${name} = '${text.replaceAll("'", "''")}'\n`;
  });
  return lines.join("");
}
