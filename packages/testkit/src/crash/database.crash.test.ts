import { databaseAgent } from "@chaos-agents/database";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type DatabaseAdmin, type Engine, administer } from "../servers/database-admin.ts";
import type { DatabaseServer } from "../servers/database-server.ts";
import { mariadbMissing, startMariadb } from "../servers/mariadb-server.ts";
import { startPostgres } from "../servers/postgres-server.ts";
import { crashMatrix } from "./crash-matrix.ts";
import { crashTable, crashTotals } from "./crash-table.ts";
import { type DatabaseFault, databaseCrash } from "./database-crash.ts";

const catalog = { module: import.meta.resolve("@chaos-agents/database"), export: "databaseAgent" };
const rows = 200;

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
const refused = (database: DatabaseAdmin, statements: string[]) =>
  database.run(statements).then(
    () => false,
    () => true,
  );
const faultsOn = (engine: Engine): DatabaseFault[] => [
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
    felt: async (database) => (await count(database, "orders")) > rows,
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
];

const mariadb = mariadbMissing();
const servers = [
  { label: "PostgreSQL 18", engine: "postgres", missing: undefined, start: () => startPostgres({ version: 18 }) },
  { label: "MariaDB", engine: "mysql", missing: mariadb, start: () => startMariadb() },
] as const;

for (const { label, engine, missing, start } of servers) {
  if (missing && process.env["CI"] === "true") throw new Error(missing);
  describe.skipIf(missing)(label, () => {
    let server: DatabaseServer;
    let database: DatabaseAdmin;
    beforeAll(async () => {
      server = await start();
      await server.createDatabase("shop");
      database = administer(engine, server.urlOf("shop"));
      const values = Array.from({ length: rows }, (_, n) => `(${n}, 'note ${n}', ${n}.5)`).join(", ");
      await database.run([
        "CREATE TABLE orders (id int PRIMARY KEY, note varchar(40) NOT NULL, amount numeric(12, 2) NOT NULL)",
        `INSERT INTO orders VALUES ${values}`,
        "CREATE INDEX orders_by_note ON orders (note)",
        "CREATE TABLE orders_before AS SELECT * FROM orders",
      ]);
    });
    afterAll(() => server.stop());

    test.for(faultsOn(engine))(
      "[CA-41] $skill, killed anywhere, leaves nothing once it is recovered",
      async (fault) => {
        const subject = databaseCrash(server, database, fault, { agent: databaseAgent, catalog });
        const report = await crashMatrix({ name: `${fault.skill} on ${label}`, ...subject });
        console.log(crashTable(report));
        const { kills, landed, residues } = crashTotals(report);
        expect(residues).toEqual([]);
        expect(landed, "the fault was there in some of the kills").toBeGreaterThan(0);
        expect(kills - landed, "and not there in others").toBeGreaterThan(0);
      },
    );
  });
}
