import { differences, photograph } from "@chaos-agents/testkit";
import { skillContract } from "@chaos-agents/testkit/contract";
import { forEachDatabase } from "@chaos-agents/testkit/vitest";
import { beforeAll, expect, test } from "vitest";
import { databaseAgent } from "../agent.ts";
import { DataFault, openDatabase, outcomes } from "./data-fault.fixture.ts";
import { countOf, dataSubject, makeShop } from "./data-subject.fixture.ts";
import { stallBehind } from "./stall.fixture.ts";

forEachDatabase((database) => {
  beforeAll(() => makeShop(database));

  skillContract({
    agent: databaseAgent,
    skill: "db.update_load",
    where: `${database.label} [CA-21]`,
    subject: async () =>
      dataSubject(
        database,
        { rows: 150, tables: ["orders"], batch_rows: 100, columns: ["total", "placed", "note"] },
        {
          felt: async () => {
            const changed = "total <> id + 0.25 OR placed <> '2025-01-01 10:00:00' OR paid <> (id % 2 = 0)";
            return (await countOf(database, `orders WHERE ${changed}`)) > 0;
          },
        },
      ),
    async meddle() {
      await database.admin.query("UPDATE orders SET note = 'theirs', code = NULL");
      return async () => (await countOf(database, "orders WHERE note = 'theirs'")) === 600;
    },
    // what lets our look at the rows through, but not their change
    stall: () =>
      stallBehind(
        database,
        database.engine === "postgres"
          ? ["LOCK TABLE orders IN SHARE MODE"]
          : [
              "SELECT placed FROM orders FORCE INDEX (orders_placed) WHERE placed < '2025-01-01 10:00:00' FOR UPDATE",
              "SELECT placed FROM orders FORCE INDEX (orders_placed) WHERE placed > '2025-01-01 10:00:00' FOR UPDATE",
            ],
      ),
  });
});

forEachDatabase((server) => {
  const onPostgres = server.engine === "postgres";
  const sql = (...statements: string[]) => server.admin.run(statements);
  const count = (from: string) => countOf(server, from);
  const look = () => photograph(server.url, server.engine);
  const differ = async (before: Awaited<ReturnType<typeof look>>) =>
    differences(before, await look(), { ignore: ["sessions", "locks"] });
  const update = (database: Awaited<ReturnType<typeof openDatabase>>, params: Record<string, unknown>) =>
    DataFault.of(database, "db.update_load", params);

  beforeAll(async () => {
    const values = Array.from({ length: 200 }, (_, n) => `(${n}, ${n}, 'word ${n}', ${n * 2}, ${n * 2 + 1})`).join(
      ", ",
    );
    await sql(
      "CREATE TABLE things (id int PRIMARY KEY, n int, word varchar(40), low int, high int, CONSTRAINT in_order CHECK (low < high OR id < 20))",
      `INSERT INTO things VALUES ${values}`,
    );
  });

  test("[CA-21] rows that others changed or deleted stay as they left them, and are counted", async () => {
    await using database = await openDatabase(server.url);
    const before = await look();
    const fault = await (await update(database, { rows: 200, tables: ["things"], batch_rows: 120 })).inject();
    await sql(
      "UPDATE things SET n = -1 WHERE id IN (3, 4, 5)",
      "DELETE FROM things WHERE id = 7",
      "INSERT INTO things VALUES (1000, 1000, 'theirs', 1, 2)",
    );
    await using other = await openDatabase(server.url);
    const results = await fault.undo(other);
    expect(outcomes(results)).toEqual(["undone", "conflict"]);
    expect(results[1]).toMatchObject({
      detail: expect.stringMatching(/^116 rows put back/),
      remains: [expect.stringMatching(/^3 rows of .*things that others changed since, 1 that they deleted$/)],
    });
    expect(await count("things WHERE n = -1")).toBe(3);
    expect(await count("things WHERE id IN (7, 1000)")).toBe(1);
    expect(await count("things WHERE n = id AND word = concat('word ', id)"), "all others are as they were").toBe(196);
    expect(await fault.verify()).toEqual([]);
    await sql(
      "DELETE FROM things WHERE id IN (3, 4, 5, 1000)",
      `INSERT INTO things VALUES ${[3, 4, 5, 7].map((n) => `(${n}, ${n}, 'word ${n}', ${n * 2}, ${n * 2 + 1})`).join(", ")}`,
    );
    expect(await differ(before)).toEqual([]);
  });

  test("[CA-21] rows that others have locked are left out, and said, without waiting for them", async () => {
    await using database = await openDatabase(server.url);
    const before = await look();
    const reader = await database.session("chaos-test-reader");
    await reader.query(onPostgres ? "BEGIN" : "START TRANSACTION");
    await reader.query("SELECT * FROM things WHERE id IN (0, 1, 2, 3, 4, 5, 6, 7, 8, 9) FOR UPDATE");
    const fault = await (await update(database, { rows: 200, tables: ["things"] })).inject();
    expect(fault.notes).toEqual(["10 rows left out: others had locked or deleted them"]);
    await reader[Symbol.asyncDispose]();
    expect(outcomes(await fault.undo())).toEqual(["undone"]);
    expect(await differ(before)).toEqual([]);
  });

  test("[CA-21] rows whose change the server refuses are counted and named, the others are changed", async () => {
    await using database = await openDatabase(server.url);
    const before = await look();
    const fault = await update(database, { rows: 200, tables: ["things"], columns: ["low"] });
    await fault.inject();
    const changed = await count("things WHERE low <> id * 2");
    expect(changed, "rows at the start may have any").toBeGreaterThan(10);
    const refused = /^the server refused (\d+) rows: \1 by .*in_order/.exec(fault.notes[0]!)!;
    expect(Number(refused[1])).toBeGreaterThan(0);
    expect(Number(refused[1]) + changed).toBeLessThanOrEqual(200);
    const ended = new Set(outcomes(await fault.undo()));
    expect(ended).toContain("undone");
    expect(ended).not.toContain("conflict");
    expect(await differ(before)).toEqual([]);
  });

  test("[CA-21] a column that is a key's or is not there is refused by name", async () => {
    await using database = await openDatabase(server.url);
    const of = (...columns: string[]) => update(database, { tables: ["things"], columns });
    await expect(of("n", "id")).rejects.toThrow("its column id is a key's, a reference's or the server's own");
    await expect(of("nn")).rejects.toThrow("it has no column nn");
  });

  test("[CA-21] triggers are refused unless they are allowed, and what they leave is said", async () => {
    await sql("CREATE TABLE counted (id int PRIMARY KEY, word varchar(40), version int NOT NULL)");
    await sql("INSERT INTO counted VALUES (1, 'a', 1), (2, 'b', 1), (3, 'c', 1)");
    if (onPostgres)
      await sql(
        "CREATE FUNCTION count_up() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.version := OLD.version + 1; RETURN NEW; END $$",
        "CREATE TRIGGER counting BEFORE UPDATE ON counted FOR EACH ROW EXECUTE FUNCTION count_up()",
      );
    else await sql("CREATE TRIGGER counting BEFORE UPDATE ON counted FOR EACH ROW SET NEW.version = OLD.version + 1");
    await using database = await openDatabase(server.url);
    const params = { rows: 3, tables: ["counted"], columns: ["word"] };
    expect((await update(database, params)).findings).toMatchObject([{ level: "error", code: "side-effects" }]);
    const fault = await (await update(database, { ...params, allow_side_effects: true })).inject();
    const [result] = await fault.undo();
    expect(result).toMatchObject({
      outcome: "undone",
      remains: [expect.stringMatching(/^3 rows of .* changed by a trigger/)],
    });
    expect(await count("counted WHERE word IN ('a', 'b', 'c') AND version = 3")).toBe(3);
    await sql("DROP TABLE counted");
  });

  test("[CA-21] an update that never committed has nothing to put back, whatever others did since", async () => {
    await using database = await openDatabase(server.url);
    const fault = await update(database, { rows: 200, tables: ["things"] });
    await fault.inject(1);
    await fault.letGo();
    await expect
      .poll(async () => (await database.ourSessions("chaos/data")).length, { timeout: 20_000 })
      .toBeLessThan(2);
    await sql("UPDATE things SET n = n + 1");
    await using other = await openDatabase(server.url);
    expect(outcomes(await fault.undo(other))).toEqual(["already"]);
    expect(await count("things WHERE n = id + 1")).toBe(200);
    await sql("UPDATE things SET n = n - 1");
  });
});
