import { ChaosError } from "@chaos-agents/core";
import { administer, type Engine } from "./servers/database-admin.ts";
import type { DatabaseServer } from "./servers/database-server.ts";
import { startMariadb } from "./servers/mariadb-server.ts";
import { startPostgres } from "./servers/postgres-server.ts";

/** A database server that many test files share. Plain data, because it goes to other processes. */
export interface DatabaseService {
  /** For test names: `PostgreSQL 18`. */
  label: string;
  engine: Engine;
  /** `18`, `13`, or for the others as they say it: `10.11`. */
  version: number;
  /** The administrator's. */
  url: string;
  /** Where the server logs statements; null where that is out of our reach. */
  statementLog: string | null;
  /** We started it, and can start another one like it. */
  ours: boolean;
}

/** A server that could not be had here, and why. */
export interface MissingService {
  label: string;
  engine: Engine;
  missing: string;
}

export interface SharedServices extends AsyncDisposable {
  services: (DatabaseService | MissingService)[];
}

/**
 * Starts what the database tests need, at the same time: PostgreSQL 18 and 13 and MariaDB, or uses the servers that
 * CHAOS_TEST_POSTGRES_URL and CHAOS_TEST_MYSQL_URL name. With CI=true whatever is missing is an error.
 */
export async function openServices(env: NodeJS.ProcessEnv = process.env): Promise<SharedServices> {
  const opened: DatabaseServer[] = [];
  const own = async (label: string, engine: Engine, start: () => Promise<DatabaseServer>) => {
    try {
      const server = await start();
      opened.push(server);
      return await describe(engine, server.url, server.statementLog);
    } catch (error) {
      if (env["CI"] === "true" || !(error instanceof ChaosError) || error.code !== "unsupported") throw error;
      return { label, engine, missing: `${error.message}; ${error.remedy}` };
    }
  };
  const postgres = env["CHAOS_TEST_POSTGRES_URL"];
  const mysql = env["CHAOS_TEST_MYSQL_URL"];
  const outcomes = await Promise.allSettled([
    ...(postgres
      ? [describe("postgres", postgres, null)]
      : ([18, 13] as const).map((version) =>
          own(`PostgreSQL ${version}`, "postgres", () => startPostgres({ version })),
        )),
    mysql ? describe("mysql", mysql, null) : own("MariaDB", "mysql", () => startMariadb()),
  ]);
  const dispose = async () => void (await Promise.all(opened.map((server) => server.stop())));
  const failed = outcomes.find((outcome) => outcome.status === "rejected");
  if (failed) {
    await dispose();
    throw failed.reason;
  }
  const services = outcomes.flatMap((outcome) => (outcome.status === "fulfilled" ? [outcome.value] : []));
  return { services, [Symbol.asyncDispose]: dispose };
}

async function describe(engine: Engine, url: string, statementLog: string | null): Promise<DatabaseService> {
  const sql = engine === "postgres" ? "SELECT current_setting('server_version') AS v" : "SELECT version() AS v";
  const [row] = await administer(engine, url).query(sql);
  const said = String(row!["v"]);
  const version = Number.parseFloat(engine === "postgres" ? said : said.split(".", 2).join("."));
  const product = engine === "postgres" ? "PostgreSQL" : said.includes("MariaDB") ? "MariaDB" : "MySQL";
  const shown = engine === "postgres" ? Math.floor(version) : version;
  return { label: `${product} ${shown}`, engine, version: shown, url, statementLog, ours: statementLog !== null };
}
