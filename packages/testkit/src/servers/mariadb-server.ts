import { randomBytes } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { ChaosError } from "@chaos-agents/core";
import { makeCertificates } from "./certificates.ts";
import { type DatabaseServer, openServer, type ServerSettings } from "./database-server.ts";
import { findProgram } from "./find-program.ts";
import { freePort } from "./free-port.ts";
import { Keep } from "./keep.ts";
import { serviceUser } from "./service-user.ts";

export interface MariadbOptions {
  /** On top of MariaDB's own defaults, as `my.cnf` takes them. */
  settings?: ServerSettings;
  /** Takes encrypted connections, with certificates of its own; without it, none. */
  tls?: boolean;
  /** Where to make its directory, instead of the system's temporary one. */
  directory?: string;
  signal?: AbortSignal;
}

/** Why MariaDB cannot be started here, or undefined when it can. */
export function mariadbMissing(): string | undefined {
  if (findProgram("mariadbd") && findProgram("mariadb-install-db")) return undefined;
  return "MariaDB is not installed (Debian package mariadb-server)";
}

/** Starts a new, empty MariaDB from the system's own programs, apart from the system's own server, with the user `root`. */
export async function startMariadb(options: MariadbOptions = {}): Promise<DatabaseServer> {
  const missing = mariadbMissing();
  if (missing !== undefined) {
    throw new ChaosError("unsupported", missing, { remedy: "apt-get install mariadb-server" });
  }
  const user = serviceUser("mysql");
  const keep = await Keep.open({
    prefix: "chaos-mariadb-",
    user,
    ...(options.directory !== undefined && { parent: options.directory }),
  });
  try {
    const password = randomBytes(12).toString("hex");
    const port = await freePort();
    const config = keep.path("my.cnf");
    const setup = keep.path("setup.sql");
    const serverLog = keep.path("server.log");
    const statementLog = keep.path("general.log");
    await writeFile(
      setup,
      `DELETE FROM mysql.global_priv WHERE user = 'root' AND host <> 'localhost';
FLUSH PRIVILEGES;
GRANT ALL ON *.* TO 'root'@'127.0.0.1' IDENTIFIED BY '${password}' WITH GRANT OPTION;
ALTER USER 'root'@'localhost' IDENTIFIED BY '${password}';
`,
      { mode: 0o644 },
    );
    await keep.run({
      command: findProgram("mariadb-install-db")!,
      args: [
        "--no-defaults",
        `--datadir=${keep.path("data")}`,
        "--auth-root-authentication-method=normal",
        "--skip-name-resolve",
        "--skip-test-db",
        `--extra-file=${setup}`,
      ],
      log: keep.path("install.log"),
    });
    const certificates = options.tls ? await makeCertificates(keep) : null;
    await writeFile(
      config,
      configFile({
        datadir: keep.path("data"),
        socket: keep.path("socket"),
        "pid-file": keep.path("pid"),
        "bind-address": "127.0.0.1",
        port,
        "skip-name-resolve": true,
        "character-set-server": "utf8mb4",
        "default-time-zone": "+00:00",
        "general-log": true,
        "general-log-file": statementLog,
        // without it nobody can see who holds GET_LOCK or LOCK TABLES
        plugin_load_add: "metadata_lock_info",
        ...(certificates
          ? { "ssl-ca": certificates.ca, "ssl-cert": certificates.server.cert, "ssl-key": certificates.server.key }
          : { "skip-ssl": true }),
        ...options.settings,
      }),
    );
    return await openServer(
      {
        engine: "mysql",
        label: "MariaDB",
        keep,
        port,
        url: `mysql://root:${password}@127.0.0.1:${port}/mysql`,
        serverLog,
        statementLog,
        certificates,
        stopSignal: "SIGTERM",
        start: () =>
          keep.start({ command: findProgram("mariadbd")!, args: [`--defaults-file=${config}`], log: serverLog }),
      },
      options.signal,
    );
  } catch (error) {
    await keep[Symbol.asyncDispose]();
    throw error;
  }
}

function configFile(settings: ServerSettings): string {
  const lines = Object.entries(settings).map(
    ([name, value]) => `${name} = ${value === true ? 1 : value === false ? 0 : value}\n`,
  );
  return `[mariadbd]\n${lines.join("")}`;
}
