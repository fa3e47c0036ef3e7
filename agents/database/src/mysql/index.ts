import type { Dialect, Driver, Server } from "../dialect.ts";
import type { Session } from "../session.ts";
import { isGone, listSessions, readActivity } from "./activity.ts";
import { describeTables } from "./describe.ts";
import { mysqlConnectFailure, mysqlRefusal, refuses } from "./errors.ts";
import { listOurSessions } from "./marks.ts";
import { missingRights } from "./privileges.ts";
import { openMysql } from "./session.ts";
import { listSettings } from "./settings.ts";
import { listSchemas, listTables } from "./tables.ts";
import { mysqlValues } from "./values.ts";

export const driver: Driver = {
  open: openMysql,
  connectFailure: mysqlConnectFailure,
  async dialect(session) {
    const server = await identify(session);
    return {
      engine: "mysql",
      server,
      ...mysqlValues,
      refusal: mysqlRefusal,
      transactionId: async () => null,
      transactionOutcome: async () => "unknown",
      schemas: listSchemas,
      tables: listTables,
      describe: (ask, tables) => describeTables(ask, server, tables),
      settings: (ask, names) => listSettings(ask, server, names),
      activity: (ask) => readActivity(ask, server),
      sessions: listSessions,
      missing: (ask, needs) => missingRights(ask, server, needs),
      ourSessions: listOurSessions,
      heavyQuery: (kind) => heavyQueries[kind],
      async deadlocks(ask) {
        const [counted] = await ask("SHOW GLOBAL STATUS LIKE 'Innodb_deadlocks'");
        if (counted) return Number(counted["Value"]);
        try {
          const [metric] = await ask(
            "SELECT count FROM information_schema.innodb_metrics WHERE name = 'lock_deadlocks'",
          );
          return metric ? Number(metric["count"]) : null;
        } catch (error) {
          if (refuses(error, "permission")) return null;
          throw error;
        }
      },
      async endSession(ask, id) {
        await kill(ask, `KILL ${Number(id)}`);
      },
      isGone,
      async cancelStatement(ask, id) {
        await kill(ask, `KILL QUERY ${Number(id)}`);
      },
    } satisfies Dialect;
  },
};

const digits = `(${Array.from({ length: 10 }, (_, n) => `SELECT ${n}${n === 0 ? " AS n" : ""}`).join(" UNION ALL ")})`;
const million = ["a", "b", "c", "d", "e", "f"].map((alias) => `${digits} ${alias}`).join(", ");
const heavyQueries = {
  cpu: "SELECT BENCHMARK(2000000000, SHA1('chaos'))",
  sort: `SELECT COUNT(*) FROM (SELECT SHA1(CONCAT(a.n, b.n, c.n, d.n, e.n, f.n)) m FROM ${million} ORDER BY m LIMIT 1, 1000000) s`,
};

/** Connection ids are not used again, so one that is unknown by now is simply gone. */
async function kill(ask: (sql: string) => Promise<unknown>, statement: string): Promise<void> {
  try {
    await ask(statement);
  } catch (error) {
    if ((error as { errno?: number }).errno !== 1094) throw error;
  }
}

async function identify(session: Session): Promise<Server> {
  const [row] = await session.query(
    "SELECT VERSION() AS version, CURRENT_USER() AS account, DATABASE() AS db, @@GLOBAL.read_only AS fixed",
  );
  const version = row!["version"]!;
  const [, major, minor, patch] = /(\d+)\.(\d+)\.(\d+)/.exec(version.replace(/^5\.5\.5-/, "")) ?? [];
  const grants = await session.query("SHOW GRANTS");
  return {
    product: /mariadb/i.test(version) ? "MariaDB" : "MySQL",
    version,
    number: Number(major) * 10_000 + Number(minor) * 100 + Number(patch),
    user: row!["account"]!,
    isAdmin: grants.some((grant) => /\b(ALL PRIVILEGES|SUPER)\b.* ON \*\.\* /.test(Object.values(grant)[0] ?? "")),
    database: row!["db"] ?? null,
    defaultSchema: row!["db"] ?? null,
    readOnly: Number(row!["fixed"]) > 0,
    since: null,
    identity: { server: await serverIdentity(session) },
  };
}

/** MySQL keeps an id beside its data. MariaDB has none: there it is where the data is, and the host's own id where told. */
async function serverIdentity(session: Session): Promise<string> {
  const rows = await session.query(
    "SHOW GLOBAL VARIABLES WHERE Variable_name IN ('server_uuid', 'server_uid', 'hostname', 'datadir', 'port')",
  );
  const told = Object.fromEntries(rows.map((row) => [row["Variable_name"]!, row["Value"]]));
  return told["server_uuid"] ?? JSON.stringify(told);
}
