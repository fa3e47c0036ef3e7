import type { DatabaseAdmin, Engine } from "../servers/database-admin.ts";
import type { DatabaseFault } from "./database-crash.ts";
import { Visitor } from "./visitor.ts";

const count = async (database: DatabaseAdmin, what: string) =>
  Number((await database.query(`SELECT count(*) AS n FROM ${what}`))[0]!["n"]);
const usableIndex: Record<Engine, string> = {
  postgres: "pg_index i JOIN pg_class c ON c.oid = i.indexrelid WHERE c.relname = 'orders_by_note' AND i.indisvalid",
  mysql:
    "information_schema.statistics WHERE table_schema = 'shop' AND index_name = 'orders_by_note' AND ignored = 'NO'",
};
const otherSessions: Record<Engine, string> = {
  postgres: "pg_stat_activity WHERE datname = 'shop' AND pid <> pg_backend_pid()",
  mysql: "information_schema.processlist WHERE command <> 'Daemon' AND id <> connection_id()",
};
const openTransactions: Record<Engine, string> = {
  postgres: `${otherSessions.postgres} AND state = 'idle in transaction' AND backend_xmin IS NOT NULL`,
  mysql: "information_schema.innodb_trx",
};
/** What a fault has going there, besides the connection that its run keeps. */
const faultSessions: Record<Engine, { from: string; beside: number }> = {
  postgres: { from: `${otherSessions.postgres} AND application_name LIKE 'chaos/%/%'`, beside: 0 },
  mysql: { from: otherSessions.mysql, beside: 1 },
};
const heavyStatements: Record<Engine, string> = {
  postgres: `${faultSessions.postgres.from} AND state = 'active' AND query LIKE '%generate_series%'`,
  mysql: `${otherSessions.mysql} AND info LIKE '%BENCHMARK%'`,
};
const refused = (database: DatabaseAdmin, statements: string[]) =>
  database.run(statements).then(
    () => false,
    () => true,
  );
/** Every skill, with how its fault is seen from outside, on tables `orders` and, as it was, `orders_before`. */
export const faultsOn = (engine: Engine): DatabaseFault[] => [
  {
    skill: "db.table_lock",
    params: { tables: ["orders"] },
    felt: (database) =>
      database.engine === "postgres"
        ? refused(database, ["BEGIN", "LOCK TABLE orders IN ACCESS SHARE MODE NOWAIT", "ROLLBACK"])
        : refused(database, ["LOCK TABLES orders READ NOWAIT", "UNLOCK TABLES"]),
  },
  {
    skill: "db.row_lock",
    params: { tables: ["orders"], rows: 5 },
    felt: (database) => refused(database, ["SELECT * FROM orders FOR UPDATE NOWAIT"]),
  },
  {
    skill: "db.insert_load",
    params: { tables: ["orders"], rows_per_table: 500 },
    felt: async (database) => (await count(database, "orders")) > (await count(database, "orders_before")),
  },
  {
    skill: "db.update_load",
    params: { tables: ["orders"], rows: 60 },
    felt: async (database) =>
      (await count(
        database,
        "orders o JOIN orders_before b ON o.id = b.id WHERE NOT o.note = b.note OR NOT o.amount = b.amount",
      )) > 0,
  },
  {
    skill: "db.index_drop",
    params: { indexes: ["orders.orders_by_note"] },
    felt: async (database) => (await count(database, usableIndex[engine])) === 0,
  },
  {
    skill: "db.connection_flood",
    params: { connections: 12 },
    felt: async (database) => (await count(database, otherSessions[engine])) >= 12,
  },
  {
    skill: "db.idle_in_transaction",
    params: { sessions: 3, tables: ["orders"] },
    felt: async (database) => (await count(database, openTransactions[engine])) >= 3,
  },
  {
    skill: "db.config_change",
    params: {
      changes: [
        engine === "postgres" ? { param: "work_mem", value: "1MB" } : { param: "sort_buffer_size", value: 1_048_576 },
      ],
    },
    async felt(database) {
      const [row] = await database.query(engine === "postgres" ? "SHOW work_mem" : "SELECT @@GLOBAL.sort_buffer_size");
      return ["1MB", "1048576"].includes(String(Object.values(row!)[0]));
    },
  },
  {
    skill: "db.select_load",
    params: { tables: ["orders"], query_count: 600, concurrency: 4 },
    async felt(database) {
      const { from, beside } = faultSessions[engine];
      return (await count(database, from)) > beside;
    },
  },
  {
    skill: "db.slow_query",
    params: { sessions: 2 },
    felt: async (database) => (await count(database, heavyStatements[engine])) > 0,
  },
  {
    skill: "db.deadlock",
    params: { tables: ["orders"] },
    // both of a pair are there; between two deadlocks they have no locks
    async felt(database) {
      const { from, beside } = faultSessions[engine];
      return (await count(database, from)) >= beside + 2;
    },
  },
  sessionKill(),
];

/** The last: its visitor stays. */
function sessionKill(): DatabaseFault {
  const visitor = new Visitor();
  return {
    skill: "db.session_kill",
    params: {},
    ready: (database) => visitor.come(database),
    felt: (database) => visitor.isGone(database),
  };
}
