import { skillContract, type Subject } from "@chaos-agents/testkit/contract";
import { type Photograph, photograph, residues } from "@chaos-agents/testkit";
import { forEachDatabase, type TestDatabase } from "@chaos-agents/testkit/vitest";
import { beforeAll } from "vitest";
import { databaseAgent } from "../agent.ts";

interface Case {
  skill: string;
  params: Record<string, unknown>;
  /** Whether users of the database feel it now. */
  felt: (database: TestDatabase) => Promise<boolean>;
}

const count = async ({ admin }: TestDatabase, sql: string): Promise<number> =>
  Number((await admin.query(sql))[0]!["n"]);
const onPostgres = ({ engine }: TestDatabase) => engine === "postgres";
const sessions = (database: TestDatabase, which: string) =>
  count(database, `SELECT count(*) AS n FROM pg_stat_activity WHERE application_name LIKE 'chaos/%' AND ${which}`);
/** On MariaDB nothing but our named locks tells who is who: all but the asking session are ours here. */
const others = (database: TestDatabase, which: string) =>
  count(
    database,
    `SELECT count(*) AS n FROM information_schema.processlist WHERE id <> connection_id() AND command <> 'Daemon' AND ${which}`,
  );

async function refused(database: TestDatabase, sql: string): Promise<boolean> {
  try {
    await database.admin.query(sql);
    return false;
  } catch {
    return true;
  }
}

const cases: Case[] = [
  {
    skill: "db.row_lock",
    params: { tables: ["orders"], rows: 5 },
    felt: (database) => refused(database, "SELECT * FROM orders FOR UPDATE NOWAIT"),
  },
  {
    skill: "db.connection_flood",
    params: { connections: 12 },
    felt: async (database) =>
      (await (onPostgres(database) ? sessions(database, "true") : others(database, "true"))) >= 12,
  },
  {
    skill: "db.idle_in_transaction",
    params: { sessions: 3, tables: ["orders"] },
    felt: async (database) =>
      onPostgres(database)
        ? (await sessions(database, "state = 'idle in transaction' AND backend_xmin IS NOT NULL")) === 3
        : (await others(database, "command = 'Sleep' AND db IS NOT NULL")) >= 3,
  },
  {
    skill: "db.slow_query",
    params: { sessions: 2 },
    felt: async (database) =>
      onPostgres(database)
        ? (await sessions(database, "state = 'active' AND query LIKE '%generate_series%'")) > 0
        : (await others(database, "info LIKE '%BENCHMARK%'")) > 0,
  },
  {
    skill: "db.deadlock",
    params: { tables: ["orders"] },
    felt: async (database) =>
      (onPostgres(database)
        ? await sessions(database, "query LIKE '%FOR UPDATE%'")
        : await others(database, "db IS NOT NULL")) > 1,
  },
];

forEachDatabase(
  (database) => {
    beforeAll(async () => {
      await database.admin.query("CREATE TABLE orders (id int PRIMARY KEY, note varchar(40))");
      const rows = Array.from({ length: 200 }, (_, n) => `(${n}, 'note ${n}')`).join(", ");
      await database.admin.query(`INSERT INTO orders VALUES ${rows}`);
    });

    const subject = ({ params, felt }: Case): Subject<Photograph> => ({
      config: { connection_url: database.url },
      params,
      oracle: {
        photograph: () => photograph(database.url, database.engine),
        differences: residues,
        patience: 5_000,
      },
      observeEffect: () => felt(database),
      async [Symbol.asyncDispose]() {},
    });

    for (const one of cases) {
      skillContract({
        agent: databaseAgent,
        skill: one.skill,
        where: database.label,
        subject: async () => subject(one),
      });
    }
  },
  { alone: true },
);
