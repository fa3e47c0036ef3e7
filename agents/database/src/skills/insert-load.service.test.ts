import { differences, photograph } from "@chaos-agents/testkit";
import { skillContract } from "@chaos-agents/testkit/contract";
import { forEachDatabase } from "@chaos-agents/testkit/vitest";
import { beforeAll, describe, expect, test } from "vitest";
import { databaseAgent } from "../agent.ts";
import { DataFault, openDatabase, outcomes } from "./data-fault.fixture.ts";
import { countOf, dataSubject, makeShop } from "./data-subject.fixture.ts";
import { stallBehind } from "./stall.fixture.ts";

forEachDatabase((database) => {
  beforeAll(() => makeShop(database));

  skillContract({
    agent: databaseAgent,
    skill: "db.insert_load",
    where: `${database.label} [CA-20]`,
    subject: async () =>
      dataSubject(
        database,
        { rows_per_table: 150, tables: ["orders"], batch_rows: 100 },
        {
          felt: async () => (await countOf(database, "orders")) > 600,
          ignore: [/^(sequence .*orders_id_seq|auto_increment of orders)$/],
        },
      ),
    async meddle() {
      const newest = "SELECT * FROM (SELECT max(id) FROM orders) newest";
      await database.admin.query(`UPDATE orders SET note = 'theirs' WHERE id = (${newest})`);
      return async () => (await countOf(database, "orders WHERE note = 'theirs'")) === 1;
    },
    // those to whom every new row has to point
    stall: () => stallBehind(database, ["SELECT * FROM customers FOR UPDATE"]),
  });
});

forEachDatabase((server) => {
  const onPostgres = server.engine === "postgres";
  const sql = (...statements: string[]) => server.admin.run(statements);
  const count = (from: string) => countOf(server, from);
  const look = () => photograph(server.url, server.engine);
  const differ = async (before: Awaited<ReturnType<typeof look>>, ignore: (string | RegExp)[] = []) =>
    differences(before, await look(), { ignore: ["sequences", "sessions", "locks", ...ignore] });
  const insert = (database: Awaited<ReturnType<typeof openDatabase>>, params: Record<string, unknown>) =>
    DataFault.of(database, "db.insert_load", params);
  const numbers = onPostgres ? "generate_series(1, 40) AS seq(n)" : "(SELECT seq AS n FROM seq_1_to_40) seq";

  beforeAll(() =>
    sql(
      `CREATE TABLE parents (id ${onPostgres ? "serial" : "int auto_increment"} PRIMARY KEY, n int, word varchar(30))`,
      `INSERT INTO parents (n, word) SELECT n, 'word' FROM ${numbers}`,
      "CREATE TABLE fallen (id int PRIMARY KEY, parent int REFERENCES parents (id) ON DELETE CASCADE)",
      "CREATE TABLE orphans (id int PRIMARY KEY, parent int REFERENCES parents (id) ON DELETE SET NULL)",
      "CREATE TABLE guests (id int PRIMARY KEY, parent int REFERENCES parents (id))",
    ),
  );

  test("[CA-20] rows that others added, changed, deleted or point to stay as they left them, and are counted", async () => {
    await using database = await openDatabase(server.url);
    const fault = await insert(database, { rows_per_table: 60, tables: ["parents"], batch_rows: 30 });
    await fault.inject(1);
    await sql("INSERT INTO parents (n, word) VALUES (-1, 'between')");
    await fault.inject();
    await sql("INSERT INTO parents (n, word) VALUES (-1, 'after')");
    const [{ low, high }] = (await server.admin.query(
      "SELECT min(id) AS low, max(id) AS high FROM parents WHERE id > 40 AND n <> -1",
    )) as [{ low: number; high: number }];
    await sql(
      `UPDATE parents SET word = 'changed' WHERE id = ${low}`,
      `DELETE FROM parents WHERE id = ${low + 1}`,
      `INSERT INTO fallen VALUES (1, ${low + 2})`,
      `INSERT INTO orphans VALUES (1, ${low + 3})`,
      `INSERT INTO guests VALUES (1, ${high})`,
    );
    await using other = await openDatabase(server.url);
    const results = await fault.undo(other);
    expect(outcomes(results)).toEqual(["conflict", "conflict"]);
    expect(results[0]!.remains).toEqual([
      expect.stringMatching(/^1 row of ours in .*parents that others changed or point to$/),
    ]);
    expect(results[1]!.detail).toMatch(/^26 rows deleted .*left: 3 rows/);
    expect(await count("parents WHERE n = -1")).toBe(2);
    expect(await count("parents WHERE word = 'changed'")).toBe(1);
    expect([await count("fallen"), await count("guests"), await count("orphans WHERE parent IS NOT NULL")]).toEqual([
      1, 1, 1,
    ]);
    expect(await count("parents")).toBe(40 + 2 + 4);
    expect(await fault.verify(), "what is left is not as we made it, or in use").toHaveLength(2);
    await sql("DELETE FROM guests", "DELETE FROM orphans", "DELETE FROM fallen", "DELETE FROM parents WHERE id > 40");
    expect(outcomes(await fault.undo(other))).toEqual(["already", "already"]);
  });

  test("[CA-20] a row that somebody is just pointing to, in a transaction still open, stays with what points to it", async () => {
    await using database = await openDatabase(server.url);
    const fault = await (await insert(database, { rows_per_table: 20, tables: ["parents"] })).inject();
    const pointing = await database.session("chaos-test-pointing");
    await pointing.query(onPostgres ? "BEGIN" : "START TRANSACTION");
    await pointing.query("INSERT INTO fallen SELECT 1, max(id) FROM parents");
    const undoing = fault.undo();
    const waits = onPostgres
      ? "SELECT count(*) AS n FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND application_name LIKE 'chaos/data/%'"
      : "SELECT count(*) AS n FROM information_schema.innodb_trx WHERE trx_state = 'LOCK WAIT'";
    // InnoDB looks anew only when nobody has asked for a tenth of a second
    await expect
      .poll(async () => Number((await server.admin.query(waits))[0]!["n"]), { timeout: 10_000, interval: 300 })
      .toBe(1);
    await pointing.query("COMMIT");
    await pointing[Symbol.asyncDispose]();
    expect(await undoing).toMatchObject([
      { outcome: "conflict", detail: expect.stringMatching(/^19 rows deleted .*left: 1 row /) },
    ]);
    expect(await count("fallen")).toBe(1);
    await sql("DELETE FROM fallen", "DELETE FROM parents WHERE id > 40");
  });

  test("[CA-20] an update of rows there before, after an insert into the same table: both are undone exactly", async () => {
    await using database = await openDatabase(server.url);
    const before = await look();
    const inserted = await (await insert(database, { rows_per_table: 60, tables: ["parents"] })).inject();
    const changed = await DataFault.of(database, "db.update_load", { rows: 1_000, tables: ["parents"] });
    await changed.inject();
    // PostgreSQL tells new rows from those that were there when we connected
    if (onPostgres) expect(changed.records).toMatchObject([{ rows: 40 }]);
    expect(outcomes(await changed.undo())).toEqual(["undone"]);
    expect(outcomes(await inserted.undo())).toEqual(["undone"]);
    expect(await differ(before)).toEqual([]);
  });

  test("[CA-20] rows the server refuses are counted and named, the others get in", async () => {
    await sql("CREATE TABLE picky (id int PRIMARY KEY, n int NOT NULL, CONSTRAINT even CHECK (n % 2 = 0))");
    await using database = await openDatabase(server.url);
    const before = await look();
    const fault = await (await insert(database, { rows_per_table: 200, tables: ["picky"] })).inject();
    const there = await count("picky");
    expect(there).toBeGreaterThan(20);
    expect(there).toBeLessThan(180);
    expect(fault.notes).toEqual([
      expect.stringMatching(new RegExp(`^the server refused ${200 - there} rows: ${200 - there} by .*even`)),
    ]);
    expect(new Set(outcomes(await fault.undo()))).toEqual(new Set(["undone", "already"]));
    expect(await fault.verify()).toEqual([]);
    expect(await differ(before)).toEqual([]);
    await sql(
      "DROP TABLE picky",
      "CREATE TABLE hopeless (id int PRIMARY KEY, n int NOT NULL, CONSTRAINT never CHECK (n < -5))",
    );
    const none = await insert(database, { rows_per_table: 100, tables: ["hopeless"] });
    await expect(none.inject()).rejects.toMatchObject({
      code: "fault-not-landed",
      message: expect.stringMatching(/hopeless: \d+ rows: \d+ by .*never/),
    });
    await sql("DROP TABLE hopeless");
  });

  test("[CA-20] triggers are refused unless they are allowed, and what they did is said to stay", async () => {
    await sql("CREATE TABLE seen (what varchar(20))", "CREATE TABLE watched (id int PRIMARY KEY, n int)");
    if (onPostgres)
      await sql(
        "CREATE FUNCTION see() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN INSERT INTO seen VALUES (TG_OP); RETURN OLD; END $$",
        "CREATE TRIGGER watch AFTER DELETE ON watched FOR EACH ROW EXECUTE FUNCTION see()",
      );
    else await sql("CREATE TRIGGER watch AFTER INSERT ON watched FOR EACH ROW INSERT INTO seen VALUES ('INSERT')");
    await using database = await openDatabase(server.url);
    const params = { rows_per_table: 10, tables: ["watched"] };
    expect((await insert(database, params)).findings).toMatchObject([{ level: "error", code: "side-effects" }]);
    const fault = await insert(database, { ...params, allow_side_effects: true });
    expect(fault.findings).toMatchObject([
      { level: "warning", code: "side-effects", message: expect.stringContaining("watch") },
    ]);
    await fault.inject();
    expect(outcomes(await fault.undo())).toEqual(["undone"]);
    expect([await count("watched"), await count("seen")]).toEqual([0, 10]);
    await sql("DROP TABLE watched", "DROP TABLE seen");
  });

  test("[CA-20] a statement under way is given up when told to stop, and nothing of it stays", async () => {
    await using database = await openDatabase(server.url);
    const before = await look();
    const fault = await insert(database, { rows_per_table: 20_000, tables: ["parents"] });
    await fault.inject(1);
    const blocker = await database.session("chaos-test-blocker");
    await blocker.query(onPostgres ? "BEGIN" : "SET autocommit = 0");
    await blocker.query(onPostgres ? "LOCK TABLE parents IN SHARE MODE" : "LOCK TABLES parents READ");
    const injecting = fault.inject();
    injecting.catch(() => undefined);
    const waits = onPostgres
      ? "SELECT count(*) AS n FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE 'COPY %parents%'"
      : "SELECT count(*) AS n FROM information_schema.processlist WHERE state LIKE 'Waiting for table%' AND info LIKE 'INSERT INTO %parents%'";
    await expect.poll(async () => Number((await server.admin.query(waits))[0]!["n"])).toBe(1);
    fault.stop.abort(new Error("stop now"));
    await expect(injecting).rejects.toThrow("stop now");
    await blocker[Symbol.asyncDispose]();
    await fault.letGo();
    expect(outcomes(await fault.undo())).toEqual(["already"]);
    expect(await differ(before)).toEqual([]);
  });

  if (onPostgres) {
    test("[CA-20] rows without a key are known by their transaction: changed ones are a conflict", async () => {
      await sql("CREATE TABLE bare (n int, word text)", "INSERT INTO bare SELECT 1, 'x'");
      await using database = await openDatabase(server.url);
      const fault = await (await insert(database, { rows_per_table: 50, tables: ["bare"] })).inject();
      await sql("UPDATE bare SET word = 'theirs' WHERE ctid IN (SELECT ctid FROM bare OFFSET 48)");
      const [result] = await fault.undo();
      expect(result).toMatchObject({
        outcome: "conflict",
        remains: [expect.stringMatching(/^3 rows of ours in public\.bare that others changed/)],
      });
      expect(await count("bare WHERE word = 'theirs'")).toBe(3);
      expect(outcomes(await fault.undo())).toEqual(["already"]);
    });

    test("[CA-20] a record is a few ranges, whatever the sequence's way of counting", async () => {
      await sql(
        "CREATE TABLE strides (id bigint GENERATED ALWAYS AS IDENTITY (START 7 INCREMENT 5) PRIMARY KEY, n int)",
      );
      await using database = await openDatabase(server.url);
      const fault = await insert(database, { rows_per_table: 3_000, tables: ["strides"] });
      await fault.inject();
      expect(fault.records).toMatchObject([
        { rows: 3_000, key: { column: "id", between: [["12", "15007"]], step: "5" } },
      ]);
      await sql("INSERT INTO strides OVERRIDING SYSTEM VALUE VALUES (13, -1)");
      expect(outcomes(await fault.undo()), "a row between two of ours is none of ours").toEqual(["undone"]);
      expect(await count("strides")).toBe(1);
    });

    test("[CA-20] it says which rights are missing, works with just those, and leaves a sequence alone that it may not use", async () => {
      const role = `inserter_${process.pid}_${server.version}`;
      const url = await server.admin.createUser(role, {
        database: server.name,
        grants: [`GRANT USAGE ON SCHEMA public TO ${role}`, `GRANT SELECT, INSERT ON parents TO ${role}`],
      });
      try {
        await using database = await openDatabase(url);
        const before = await look();
        const params = { rows_per_table: 30, tables: ["parents"] };
        const missing = (await insert(database, params)).findings.filter(({ level }) => level === "error");
        expect(missing.map(({ code }) => code)).toEqual(missing.map(() => "permission-missing"));
        expect(
          missing.map(({ remedy }) => /GRANT (\w+) ON "public"."(\w+)"/.exec(remedy!)!.slice(1).join(" ")).toSorted(),
        ).toEqual(["DELETE parents", "SELECT fallen", "SELECT guests", "SELECT orphans", "UPDATE parents"]);
        await sql(...missing.map(({ remedy }) => remedy!));
        const fault = await insert(database, params);
        expect(fault.errors).toEqual([]);
        await fault.inject();
        expect(outcomes(await fault.undo())).toEqual(["undone"]);
        expect(differences(before, await look(), { ignore: ["sessions", "grants"] })).toEqual([]);
      } finally {
        await sql(`DROP OWNED BY ${role}`, `DROP ROLE ${role}`);
      }
    });
  }
});

describe("after a crash of the server", () => {
  forEachDatabase(
    (server) => {
      test("[CA-20] [CA-41] a transaction id given anew does not make a stranger's rows ours", async () => {
        await server.admin.run([
          "CREATE TABLE words (id serial PRIMARY KEY, word text)",
          "CREATE TABLE bare (word text)",
        ]);
        await using database = await openDatabase(server.url);
        const faults = [
          await DataFault.of(database, "db.insert_load", { rows_per_table: 10, tables: ["words"] }),
          await DataFault.of(database, "db.insert_load", { rows_per_table: 10, tables: ["bare"] }),
        ];
        for (const fault of faults) await fault.inject(1);
        await server.server!.kill();
        await server.server!.restart();
        for (let n = 0; n < 20; n++) {
          await server.admin.query("INSERT INTO words (word) VALUES ('theirs')");
          await server.admin.query("INSERT INTO bare VALUES ('theirs')");
        }
        await using other = await openDatabase(server.url);
        for (const fault of faults) expect(outcomes(await fault.undo(other))).toEqual(["already"]);
        expect([await countOf(server, "words"), await countOf(server, "bare")]).toEqual([20, 20]);
        for (const fault of faults) await fault.letGo();
      });
    },
    { alone: true, only: "postgres" },
  );
});
