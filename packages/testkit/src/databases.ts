import { randomBytes } from "node:crypto";
import { afterAll, beforeAll, describe, inject, test } from "vitest";
import { administer, type DatabaseAdmin, type Engine } from "./servers/database-admin.ts";
import { opensslMissing } from "./servers/certificates.ts";
import type { DatabaseServer, ServerSettings } from "./servers/database-server.ts";
import { startMariadb } from "./servers/mariadb-server.ts";
import { startPostgres } from "./servers/postgres-server.ts";
import { readStatements, type Statement } from "./servers/statement-log.ts";
import type { DatabaseService, MissingService } from "./services.ts";

declare module "vitest" {
  interface ProvidedContext {
    databases: (DatabaseService | MissingService)[];
  }
}

/** A database of the test file's own, fresh and empty. What is in it is there from `beforeAll` on. */
export interface TestDatabase {
  /** `PostgreSQL 18`; stands in the test's name as well. */
  readonly label: string;
  readonly engine: Engine;
  readonly version: number;
  readonly name: string;
  /** The administrator's URL of this database. */
  readonly url: string;
  /** The administrator, in this database. */
  readonly admin: DatabaseAdmin;
  /** The server, where it was started for these tests alone: to kill and to restart. */
  readonly server: DatabaseServer | null;
  /** What clients sent to the server so far; null where its log is out of our reach. */
  statements(): Promise<Statement[] | null>;
}

export interface ForEachOptions {
  only?: Engine;
  /**
   * Gives these tests servers of their own. For tests that change what the whole server shares (settings, accounts,
   * memory) or restart it: other files' photographs would show it. Servers named by CHAOS_TEST_…_URL stay shared, and
   * are left out with `tls`, which gives the server certificates.
   */
  alone?: boolean | AloneOptions;
}

interface AloneOptions {
  settings?: Partial<Record<Engine, ServerSettings>>;
  tls?: boolean;
}

/** Declares the same tests on every database engine there is. */
export function forEachDatabase(body: (database: TestDatabase) => void, options: ForEachOptions = {}): void {
  for (const service of inject("databases")) {
    if (options.only !== undefined && service.engine !== options.only) continue;
    const missing = "missing" in service ? service.missing : tlsMissing(service, options);
    if ("missing" in service || missing !== undefined) test.skip(`${service.label}: ${missing}`);
    else describe(service.label, () => body(open(service, options)));
  }
}

function tlsMissing({ ours }: DatabaseService, { alone }: ForEachOptions): string | undefined {
  if (typeof alone !== "object" || !alone.tls) return undefined;
  if (!ours) return "a server that is not ours gets no certificates";
  return process.env["CI"] === "true" ? undefined : opensslMissing();
}

function open(service: DatabaseService, { alone = false }: ForEachOptions): TestDatabase {
  const { engine, version, label } = service;
  const name = `chaos_test_${randomBytes(6).toString("hex")}`;
  let server: DatabaseServer | null = null;
  let admin = administer(engine, service.url);
  beforeAll(async () => {
    if (alone && service.ours) admin = server = await startAnother(service, alone === true ? {} : alone);
    await admin.createDatabase(name);
  });
  afterAll(async () => {
    if (server) await server.stop();
    else await admin.dropDatabase(name);
  });
  return {
    label,
    engine,
    version,
    name,
    get url() {
      return admin.urlOf(name);
    },
    get admin() {
      return administer(engine, admin.urlOf(name));
    },
    get server() {
      return server;
    },
    async statements() {
      if (server) return server.statements();
      return service.statementLog === null ? null : readStatements(engine, service.statementLog);
    },
  };
}

function startAnother({ engine, version }: DatabaseService, alone: AloneOptions): Promise<DatabaseServer> {
  const options = { settings: alone.settings?.[engine] ?? {}, tls: alone.tls ?? false };
  if (engine === "mysql") return startMariadb(options);
  return startPostgres({ version: version === 13 ? 13 : 18, ...options });
}
