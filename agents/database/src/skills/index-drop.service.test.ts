import { seededRandom, type SkillContext, systemClock, type Thing } from "@chaos-agents/core";
import { differences, photograph, residues } from "@chaos-agents/testkit";
import { skillContract } from "@chaos-agents/testkit/contract";
import { forEachDatabase } from "@chaos-agents/testkit/vitest";
import mysql from "mysql2/promise";
import { Client } from "pg";
import { beforeAll, describe, expect, test } from "vitest";
import { databaseAgent } from "../agent.ts";
import type { Database } from "../database.ts";
import { indexDrop } from "./index-drop.ts";
import { stallBehind } from "./stall.fixture.ts";

const run = `test-${process.pid}`;
let faults = 0;

forEachDatabase((server) => {
  const onPostgres = server.engine === "postgres";
  const open = async (url = server.url): Promise<Database> => {
    const config = databaseAgent.config.parse({ connection_url: url });
    const context = { mark: `chaos/${run}`, signal: AbortSignal.timeout(60_000), clock: systemClock };
    return (await databaseAgent.connect(config, context)) as Database;
  };
  const sight = () => photograph(server.url, server.engine);

  /** Whether a client who knows nothing of us still has the index. */
  async function usable(index: string): Promise<boolean> {
    const sql = onPostgres
      ? `SELECT 1 FROM pg_index i JOIN pg_class c ON c.oid = indexrelid WHERE relname = '${index}' AND indisvalid`
      : `SELECT 1 FROM information_schema.statistics WHERE table_schema = DATABASE() AND index_name = '${index}'
          AND ignored = 'NO'`;
    return (await server.admin.query(sql)).length > 0;
  }

  /** Somebody else's transaction that has read the table and goes on. */
  async function reader(): Promise<AsyncDisposable & { id: number }> {
    if (onPostgres) {
      const client = new Client({ connectionString: server.url });
      await client.connect();
      await client.query("BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT * FROM orders");
      const { rows } = await client.query("SELECT pg_backend_pid() AS id");
      return { id: rows[0].id as number, [Symbol.asyncDispose]: () => client.end() };
    }
    const client = await mysql.createConnection(server.url);
    await client.query("START TRANSACTION");
    await client.query("SELECT * FROM orders");
    return { id: client.threadId, [Symbol.asyncDispose]: () => client.end() };
  }

  async function fault(database: Database, rawParams: Record<string, unknown>, filter = /./) {
    const id = String(++faults);
    const context: SkillContext = {
      run,
      fault: id,
      mark: `chaos/${run}/${id}`,
      signal: AbortSignal.timeout(60_000),
      clock: systemClock,
      random: seededRandom(1),
    };
    const params = indexDrop.params.parse(rawParams);
    const matchesFilters = (name: string) => filter.test(name);
    const things = await indexDrop.resolve(database, params, { ...context, matchesFilters });
    const records: Parameters<typeof indexDrop.undo>[1][] = [];
    return {
      context,
      things,
      records,
      preflight: () => indexDrop.preflight!(database, things, params, context),
      async inject(thing: Thing<any> = things[0]!) {
        const steps = indexDrop.inject(database, thing, {
          ...context,
          hold: () => undefined,
          progress: () => undefined,
          note: () => undefined,
        });
        const { value } = await steps.next();
        records.push(value!.record);
        await steps.next(records.length);
      },
      undo: async (target: Database, at = 0) => {
        await indexDrop.fence!(target, records, context);
        return indexDrop.undo(target, records[at]!, context);
      },
      verify: (target: Database, at = 0) => indexDrop.verify(target, records[at]!, context),
    };
  }

  beforeAll(async () => {
    const words = "name varchar(40), note varchar(40), place int";
    await server.admin.run([
      "CREATE TABLE people (id int PRIMARY KEY)",
      `CREATE TABLE orders (id int PRIMARY KEY, ${words}, person int REFERENCES people (id), code varchar(9) UNIQUE)`,
      "CREATE INDEX orders_name ON orders (name, place DESC)",
      "CREATE INDEX orders_place ON orders (place)",
      ...(onPostgres ? [] : ["ALTER TABLE orders ADD FOREIGN KEY orders_person (person) REFERENCES people (id)"]),
      "INSERT INTO people VALUES (1)",
      "INSERT INTO orders VALUES (1, 'a', NULL, 1, 1, 'x'), (2, NULL, 'b', 2, 1, 'y')",
    ]);
    if (!onPostgres) return;
    await server.admin.run([
      'CREATE TABLE "Odd ""Table" (id int PRIMARY KEY, "Value \'x" text, body jsonb, span int4range)',
      `INSERT INTO "Odd ""Table" SELECT n, 'v' || n, '{}', '[1,2)' FROM generate_series(1, 100) n`,
      `CREATE INDEX "an ""odd"" index" ON "Odd ""Table" USING btree (lower("Value 'x") COLLATE "C" text_pattern_ops DESC NULLS LAST)
         INCLUDE (id) WITH (fillfactor = 71) WHERE "Value 'x" <> 'it''s \\'`,
      `COMMENT ON INDEX "an ""odd"" index" IS 'what''s \\ this'`,
      `ALTER INDEX "an ""odd"" index" ALTER COLUMN 1 SET STATISTICS 321`,
      'CREATE INDEX odd_body ON "Odd ""Table" USING gin (body jsonb_path_ops) WITH (fastupdate = off)',
      'CREATE INDEX odd_span ON "Odd ""Table" USING gist (span)',
      'CREATE INDEX odd_clustered ON "Odd ""Table" (id, span)',
      'ALTER TABLE "Odd ""Table" CLUSTER ON odd_clustered',
      "CREATE TABLE parted (id int, v int) PARTITION BY RANGE (id)",
      "CREATE TABLE parted_1 PARTITION OF parted FOR VALUES FROM (0) TO (9)",
      "CREATE INDEX parted_v ON parted (v)",
      "CREATE TABLE identified (id int NOT NULL, v int NOT NULL)",
      "CREATE UNIQUE INDEX identified_v ON identified (v)",
      "ALTER TABLE identified REPLICA IDENTITY USING INDEX identified_v",
    ]);
  });

  skillContract({
    agent: databaseAgent,
    skill: "db.index_drop",
    where: server.label,
    subject: async () => ({
      config: { connection_url: server.url },
      params: { indexes: ["orders_name"] },
      oracle: { photograph: sight, differences: residues, patience: 2_000 },
      observeEffect: async () => !(await usable("orders_name")),
      async [Symbol.asyncDispose]() {
        if (await usable("orders_name")) return;
        const again = onPostgres
          ? ["DROP INDEX IF EXISTS orders_name", "CREATE INDEX orders_name ON orders (name, place DESC)"]
          : ["ALTER TABLE orders ALTER INDEX orders_name NOT IGNORED"];
        await server.admin.run(again);
      },
    }),
    // on MySQL, somebody who shows a hidden index again only does what we would
    ...(onPostgres && {
      async meddle() {
        await server.admin.run(["CREATE INDEX orders_name ON orders (name)"]);
        const theirs = async () => {
          const [row] = await server.admin.query("SELECT pg_get_indexdef('orders_name'::regclass) AS definition");
          return !String(row!["definition"]).includes("place");
        };
        return theirs;
      },
    }),
    // a reader who has not finished
    stall: () => stallBehind(server, ["SELECT * FROM orders"]),
  });

  describe("db.index_drop", () => {
    test("chooses the largest that nothing but speed depends on, and says what it will do", async () => {
      await using database = await open();
      const one = await fault(database, { tables: ["orders"], max_indexes: 9 });
      expect(new Set(one.things.map(({ data }) => data.index))).toEqual(new Set(["orders_name", "orders_place"]));
      expect(one.things.map(({ cost }) => cost)).toEqual([{ indexes: 1 }, { indexes: 1 }]);
      expect((await fault(database, { tables: ["orders"] })).things).toHaveLength(1);
      const filtered = await fault(database, { max_indexes: 9 }, /^orders_place$/);
      expect(filtered.things.map(({ data }) => data.index)).toEqual(["orders_place"]);
      expect((await fault(database, { indexes: ["orders.orders_place"] })).things[0]!.label).toContain("(place)");
    });

    test("refuses by name what others stand on", async () => {
      await using database = await open();
      const primary = onPostgres ? "orders_pkey" : "orders.PRIMARY";
      const unique = onPostgres ? "orders_code_key" : "orders.code";
      const more = onPostgres
        ? [
            ["parted_v", /spans all partitions/],
            ["identified_v", /unique|replica identity/],
          ]
        : [["orders.orders_person", /constraint .* stands on it/]];
      for (const [name, why] of [[primary, /primary key/], [unique, /unique/], ...more] as [string, RegExp][]) {
        await expect(fault(database, { indexes: [name] }), name).rejects.toMatchObject({
          code: "unsupported",
          message: expect.stringMatching(why) as string,
        });
      }
      if (onPostgres) {
        const part = fault(database, { tables: ["parted_1"], indexes: ["parted_1_v_idx"] });
        await expect(part).rejects.toThrow(/part of a partitioned/);
      }
      await expect(fault(database, { indexes: ["orders_nam"] })).rejects.toMatchObject({ code: "nothing-matched" });
      await expect(fault(database, { tables: ["people"] })).rejects.toMatchObject({ code: "nothing-matched" });
    });

    test("every kind of index comes back as it was, with all that belongs to it", async () => {
      if (!onPostgres) return;
      const before = await sight();
      await using database = await open();
      const one = await fault(database, { tables: ['"Odd ""Table"'], max_indexes: 9 });
      expect(one.things).toHaveLength(4);
      for (const thing of one.things) await one.inject(thing);
      expect(differences(before, await sight()).filter((line) => line.startsWith("index"))).toHaveLength(4);
      await using other = await open();
      for (const at of one.records.keys()) expect(await one.undo(other, at)).toMatchObject({ outcome: "undone" });
      for (const at of one.records.keys()) expect(await one.verify(other, at)).toEqual([]);
      expect(differences(before, await sight(), { ignore: ["sessions"] })).toEqual([]);
      for (const at of one.records.keys()) expect(await one.undo(other, at)).toMatchObject({ outcome: "already" });
    });

    test("an index left invalid by a kill is made valid, and one left bare gets what belongs to it", async () => {
      if (!onPostgres) return;
      const before = await sight();
      await using database = await open();
      const one = await fault(database, { indexes: ['an "odd" index'] });
      await one.inject();
      const name = `"an ""odd"" index"`;
      await server.admin.run([
        one.records[0]!.again!.definition,
        `UPDATE pg_index SET indisvalid = false WHERE indexrelid = '${name}'::regclass`,
      ]);
      expect(await one.verify(database)).toEqual([expect.stringContaining("is invalid")]);
      expect(await one.undo(database)).toMatchObject({ outcome: "undone" });
      await server.admin.run([`COMMENT ON INDEX ${name} IS NULL`]);
      expect(await one.undo(database)).toMatchObject({ outcome: "undone" });
      expect(differences(before, await sight(), { ignore: ["sessions"] })).toEqual([]);
    });

    test("does not wait for older transactions to end before it makes an index again", async () => {
      if (!onPostgres) return;
      const before = await sight();
      await using database = await open();
      const one = await fault(database, { indexes: ["orders_place"] });
      await one.inject();
      {
        await using _old = await reader();
        expect(await one.undo(database)).toMatchObject({ outcome: "undone" });
        expect(await usable("orders_place")).toBe(true);
      }
      await expect.poll(async () => differences(before, await sight(), { ignore: ["sessions"] })).toEqual([]);
    });

    test("what is gone altogether is a conflict, and no residue", async () => {
      await server.admin.run(["CREATE TABLE brief (id int PRIMARY KEY, v int)", "CREATE INDEX brief_v ON brief (v)"]);
      await using database = await open();
      const one = await fault(database, { indexes: ["brief_v"] });
      await one.inject();
      await server.admin.run(["ALTER TABLE brief DROP COLUMN v"]);
      expect(await one.undo(database)).toMatchObject({ outcome: "conflict" });
      await server.admin.run(["DROP TABLE brief"]);
      expect(await one.undo(database)).toMatchObject({ outcome: "conflict" });
      expect(await one.verify(database)).toEqual([]);
    });

    test("says which GRANT is missing, and works with just those rights", async () => {
      const role = `indexer_${process.pid}_${server.version}`.replace(".", "_");
      const url = await server.admin.createUser(role, {
        database: server.name,
        grants: onPostgres ? [] : [`GRANT SELECT ON ${server.name}.* TO ${role}@'%'`],
      });
      try {
        if (onPostgres) {
          await server.admin.run([
            `CREATE ROLE ${role}_owner`,
            `ALTER TABLE orders OWNER TO ${role}_owner`,
            "REVOKE CREATE ON SCHEMA public FROM PUBLIC",
          ]);
        }
        await using database = await open(url);
        const one = await fault(database, { indexes: ["orders_name"] });
        const missing = (await one.preflight()).filter(({ level }) => level === "error");
        expect(missing).toHaveLength(onPostgres ? 2 : 1);
        await server.admin.run(missing.map(({ remedy }) => remedy!));
        await using granted = await open(url);
        const again = await fault(granted, { indexes: ["orders_name"] });
        expect((await again.preflight()).filter(({ level }) => level === "error")).toEqual([]);
        await again.inject();
        expect(await usable("orders_name")).toBe(false);
        expect(await again.undo(granted)).toMatchObject({ outcome: "undone" });
        expect(await usable("orders_name")).toBe(true);
      } finally {
        await server.admin.run(
          onPostgres
            ? [
                "ALTER TABLE orders OWNER TO postgres",
                `DROP OWNED BY ${role}, ${role}_owner`,
                `DROP ROLE ${role}, ${role}_owner`,
              ]
            : [`DROP USER ${role}@'%'`],
        );
      }
    });
  });
});
