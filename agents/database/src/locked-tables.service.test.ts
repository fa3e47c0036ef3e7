import { ChaosError, systemClock } from "@chaos-agents/core";
import { forEachDatabase, type TestDatabase } from "@chaos-agents/testkit/vitest";
import mysql from "mysql2/promise";
import { Client } from "pg";
import { beforeAll, describe, expect, test } from "vitest";
import { chooseTables, tableKey } from "./choose-tables.ts";
import { Database } from "./database.ts";
import { describeTable } from "./describe-table.ts";

const soon = () => AbortSignal.timeout(30_000);

/** Somebody else's session that holds what `statements` lock, until it is disposed. */
async function holding({ engine, url }: TestDatabase, statements: readonly string[]): Promise<AsyncDisposable> {
  if (engine === "postgres") {
    const client = new Client({ connectionString: url, application_name: "somebody" });
    await client.connect();
    for (const sql of ["BEGIN", ...statements]) await client.query(sql);
    return { [Symbol.asyncDispose]: () => client.end() };
  }
  const client = await mysql.createConnection(url);
  for (const sql of statements) await client.query(sql);
  return { [Symbol.asyncDispose]: () => client.end() };
}

forEachDatabase((server) => {
  const onPostgres = server.engine === "postgres";
  const home = onPostgres ? "public" : server.name;
  const open = (): Promise<Database> =>
    Database.open({ connection_url: server.url }, { mark: "chaos/locked", signal: soon(), clock: systemClock });
  const discover = async () => {
    await using database = await open();
    const { summary, tables } = await database.discover(soon());
    const rows = (title: string) => tables.find((one) => one.title === title)?.rows ?? [];
    return { summary, tables: rows("Tables"), unseen: rows("Not seen") };
  };
  const name = (table: string) => `${home}.${table}`;

  beforeAll(() =>
    server.admin.run([
      "CREATE TABLE customers (id int PRIMARY KEY, name varchar(40) DEFAULT 'nobody')",
      "CREATE TABLE orders (id int PRIMARY KEY, customer int DEFAULT 1 REFERENCES customers (id), n int CHECK (n > 0))",
      "INSERT INTO customers VALUES (1, 'one')",
      "INSERT INTO orders VALUES (1, 1, 1)",
      ...(onPostgres
        ? [
            "CREATE INDEX orders_late ON orders (n) WHERE n > 5",
            "CREATE FUNCTION nothing() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'",
            "CREATE TRIGGER watched BEFORE INSERT ON orders FOR EACH ROW WHEN (NEW.n > 7) EXECUTE FUNCTION nothing()",
            "CREATE RULE kept AS ON DELETE TO customers DO ALSO DELETE FROM orders WHERE customer = OLD.id",
            "CREATE TABLE days (day int DEFAULT 1 NOT NULL) PARTITION BY RANGE (day)",
            "CREATE TABLE first_days PARTITION OF days FOR VALUES FROM (0) TO (10)",
            "CREATE TRIGGER daily BEFORE INSERT ON days FOR EACH ROW WHEN (NEW.day > 7) EXECUTE FUNCTION nothing()",
          ]
        : ["CREATE TRIGGER watched BEFORE INSERT ON orders FOR EACH ROW SET NEW.n = NEW.n + 1"]),
    ]),
  );

  describe("discovery of locked tables", () => {
    test("finds everything where nothing is locked", async () => {
      const { summary, unseen } = await discover();
      expect(summary).not.toContain("locked");
      expect(unseen).toEqual([]);
    });

    test(
      "finishes, shows the table, and says what it could not see and who holds it",
      { skip: !onPostgres },
      async () => {
        await using _ = await holding(server, ["LOCK TABLE orders IN ACCESS EXCLUSIVE MODE"]);
        const { summary, tables, unseen } = await discover();
        expect(summary).toContain("3 tables (1 locked)");
        expect(tables.map(([table]) => table)).toContain(name("orders"));
        expect(tables.find(([table]) => table === name("orders"))).toContain(name("customers"));
        expect(unseen).toEqual([
          [
            name("orders"),
            expect.stringContaining("defaults"),
            expect.stringMatching(/^locked: session \d+ \(somebody\) holds/),
          ],
        ]);
      },
    );

    test(
      "says so of each query: what opens a table through its rule, its part or its index",
      { skip: !onPostgres },
      async () => {
        const locked = async (...statements: string[]) => {
          await using _ = await holding(server, statements);
          return (await discover()).unseen.map(([table]) => table);
        };
        expect(await locked("LOCK TABLE customers")).toEqual([name("customers")]);
        expect(await locked("LOCK TABLE ONLY first_days")).toEqual([name("days"), name("first_days")]);
        expect(await locked("REINDEX INDEX orders_pkey")).toEqual([name("orders")]);
        expect(await locked("LOCK TABLE orders", "LOCK TABLE customers", "LOCK TABLE days")).toHaveLength(4);
      },
    );

    test("waits for no metadata lock, and shows what LOCK TABLES lets it see", { skip: onPostgres }, async () => {
      await using _ = await holding(server, ["LOCK TABLES orders WRITE"]);
      const { tables, unseen } = await discover();
      expect(tables.find(([table]) => table === name("orders"))).toContain("watched");
      expect(unseen).toEqual([]);
    });

    test("names a table that somebody is making, and what nobody may see of it yet", { skip: onPostgres }, async () => {
      const maker = await mysql.createConnection(server.url);
      const making = maker
        .query("CREATE TABLE made (id int PRIMARY KEY) SELECT id, SLEEP(600) AS n FROM customers")
        .catch(() => "ended");
      const there = async () =>
        (await server.admin.query("SELECT 1 FROM information_schema.processlist WHERE state = 'User sleep'")).length;
      await expect.poll(there).toBe(1);
      try {
        const { summary, tables, unseen } = await discover();
        expect(summary).toContain("3 tables (1 locked)");
        expect(tables.find(([table]) => table === name("orders"))).toContain("watched");
        expect(unseen).toEqual([[name("made"), "everything but its name", expect.stringMatching(/^locked: /)]]);
        await using database = await open();
        await expect(describeTable(database, { schema: home, table: "made" }, soon())).rejects.toThrow("locked");
      } finally {
        await server.admin.query(`KILL ${maker.threadId}`);
      }
      expect(await making).toBe("ended");
    });

    test("leaves locked tables to those who need no more than the name", { skip: !onPostgres }, async () => {
      await using _ = await holding(server, ["LOCK TABLE orders IN ACCESS EXCLUSIVE MODE"]);
      await using database = await open();
      const choose = async (choice: { tables?: string[]; evenLocked?: boolean }) =>
        (await chooseTables(database, { ...choice, matchesFilters: () => true, signal: soon() })).map(tableKey);
      expect(await choose({})).not.toContain(name("orders"));
      expect(await choose({ tables: ["orders"], evenLocked: true })).toEqual([name("orders")]);
      await expect(choose({ tables: ["orders"] })).rejects.toThrow(/public\.orders will not do: locked: session \d+/);
      const acting = describeTable(database, { schema: home, table: "orders" }, soon());
      const error = await acting.catch((error: unknown) => error);
      expect(error).toBeInstanceOf(ChaosError);
      expect(database.refusal(error)).toBe("lock-timeout");
    });
  });
});
