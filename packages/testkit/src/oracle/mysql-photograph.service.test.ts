import { createConnection } from "mysql2/promise";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { forEachDatabase } from "../databases.ts";
import { makeRichSchema } from "../fixtures/rich-schema.ts";
import { differences, type DifferenceOptions } from "./differences.ts";
import type { Photograph } from "./facts.ts";
import { photograph } from "./photograph.ts";

const patience = { timeout: 20_000 };

/** The smallest change we know of in each column's type. */
const changes: [column: string, from: string, to: string][] = [
  ["a_tiny", "1", "2"],
  ["a_small", "1", "2"],
  ["a_medium", "1", "2"],
  ["a_bigint", "9223372036854775806", "9223372036854775807"],
  ["an_unsigned", "18446744073709551614", "18446744073709551615"],
  ["a_zerofill", "0", "NULL"],
  ["a_float", "1", "1.00000012"],
  ["a_double", "1", "1.0000000000000002"],
  ["a_decimal", "0", "0.000000000000000000000000000001"],
  ["a_boolean", "0", "2"],
  ["a_bit", "b'0'", "b'1'"],
  ["a_flag", "b'0'", "NULL"],
  ["a_char", "'a'", "'A'"],
  ["a_varchar", "''", "NULL"],
  ["a_binary_word", "'a'", "'a '"],
  ["a_latin", "'e'", "'é'"],
  ["a_text", "'a'", String.raw`'a\n'`],
  ["a_long", "''", "NULL"],
  ["some_bytes", "x'000000000000'", "x'000000000001'"],
  ["more_bytes", "''", "x'00'"],
  ["a_blob", "x'ff'", "x'fe'"],
  ["a_mood", "'ok'", "'happy'"],
  ["some_days", "''", "NULL"],
  ["a_json", `'{"a":1}'`, `'{"a":2}'`],
  ["a_date", "'2026-01-01'", "'2026-01-02'"],
  ["a_time", "'12:00:00'", "'12:00:00.000001'"],
  ["a_datetime", "'2026-01-01'", "'2026-01-01 00:00:00.000001'"],
  ["a_timestamp", "'2026-01-01'", "'2026-01-01 00:00:00.001'"],
  ["a_year", "2026", "2027"],
  ["a_point", "POINT(0, 0)", "POINT(0, 1e-300)"],
  ["a_shape", "ST_GeomFromText('POINT(1 1)')", "ST_GeomFromText('POINT(1 1)', 4326)"],
  ["changed", "'2026-01-01'", "'2026-01-01 00:00:00.000001'"],
];

const others: [what: string, sql: string[], told: (string | RegExp)[]][] = [
  [
    "one of two rows that are the same",
    ["INSERT INTO keyless VALUES ('twin', 1, 1), ('twin', 1, 1)", "DELETE FROM keyless WHERE word = 'twin' LIMIT 1"],
    ["table keyless: rows differ (250 before, 251 after)"],
  ],
  [
    "a float without a key",
    ["UPDATE keyless SET part = 1.00000012 WHERE word = 'twin'"],
    ["table keyless: rows differ (251 before and after)"],
  ],
  [
    "a zero date",
    ["UPDATE zero_dates SET day = '2026-00-16' WHERE id = 1"],
    ["table zero_dates: rows differ (200 before and after)"],
  ],
  [
    "a row in an odd table",
    ["UPDATE `we``ird` SET `äöü` = 'x' WHERE `1st` = 4"],
    ["table we`ird: rows differ (210 before and after)"],
  ],
  [
    "an index that is gone",
    ["DROP INDEX every_type_latin ON every_type"],
    [/^table every_type: was .*every_type_latin/],
  ],
  ["a default", ["ALTER TABLE customers ALTER balance SET DEFAULT 1"], [/^table customers: /]],
  [
    "a trigger's body",
    ["CREATE OR REPLACE TRIGGER watched_version BEFORE UPDATE ON watched FOR EACH ROW SET NEW.version = 1"],
    [/^trigger watched_version: /],
  ],
  ["a trigger that is gone", ["DROP TRIGGER watched_audit"], [/^trigger watched_audit: is gone/]],
  ["a view", ["ALTER VIEW rich_customers AS SELECT * FROM customers"], [/^view rich_customers: /]],
  ["a function", ["CREATE FUNCTION one() RETURNS INT DETERMINISTIC RETURN 1"], [/^function one: is new/]],
  [
    "a counter that advanced",
    ["INSERT INTO audit (what) VALUES ('x')", "DELETE FROM audit"],
    ["auto_increment of audit: is new: 2"],
  ],
  [
    "a setting",
    ["SET GLOBAL max_heap_table_size = 17825792"],
    ["setting max_heap_table_size: was 16777216, is 17825792"],
  ],
  [
    "a setting put back",
    ["SET GLOBAL max_heap_table_size = DEFAULT"],
    ["setting max_heap_table_size: was 17825792, is 16777216"],
  ],
];

forEachDatabase(
  (db) => {
    let last: Photograph;
    beforeAll(async () => {
      await makeRichSchema(db.admin);
      last = await photograph(db.url, "mysql");
    });
    const now = () => photograph(db.url, "mysql");
    /** What differs since it was last asked. Sessions of a moment ago may still be on their way out. */
    const told = async (ignore: DifferenceOptions["ignore"] = ["sessions", "locks"]) => {
      const [before, after] = [last, await now()];
      last = after;
      return differences(before, after, { ignore });
    };
    const quiet = () =>
      expect
        .poll(async () => {
          last = await now();
          return { ...last.facts.sessions, ...last.facts.locks };
        }, patience)
        .toEqual({});

    test("nothing differs when nothing changed, even after a restart and a rewrite of tables", async () => {
      await db.admin.run(["OPTIMIZE TABLE every_type, keyless, `we``ird`"]);
      await db.server?.restart();
      expect(await told()).toEqual([]);
    });

    describe.each([
      ["with the server's dump program", process.env["PATH"]!],
      ["without a dump program", "/nowhere"],
    ])("%s", (_how, path) => {
      beforeAll(async () => {
        vi.stubEnv("PATH", path);
        const set = changes.map(([column, from]) => `${column} = ${from}`).join(", ");
        await db.admin.run([`UPDATE every_type SET ${set} WHERE id = 3`]);
        await told();
      });
      afterAll(async () => {
        vi.unstubAllEnvs();
        await told();
      });
      test("sees that all is the same", async () => {
        expect(await told()).toEqual([]);
      });
      test.each(changes)("tells of one row's smallest change in %s: from %s to %s", async (column, _from, to) => {
        const keep = column === "changed" ? "" : ", changed = changed";
        await db.admin.run([`UPDATE every_type SET ${column} = ${to}${keep} WHERE id = 3`]);
        expect(await told()).toEqual(["table every_type: rows differ (400 before and after)"]);
      });
    });

    test("leaves out no column that can be written", async () => {
      const columns = await db.admin.query(
        "SELECT column_name AS name FROM information_schema.columns WHERE table_schema = DATABASE() AND table_name = 'every_type'",
      );
      const written = new Set(["id", "twice", "words", ...changes.map(([column]) => column)]);
      expect(columns.map((row) => row["name"]).filter((name) => !written.has(String(name)))).toEqual([]);
      await told();
    });

    test.each(others)("tells of %s", async (_what, sql, words) => {
      await db.admin.run(sql);
      const lines = await told();
      expect(lines, lines.join("\n")).toHaveLength(words.length);
      for (const [i, word] of words.entries()) expect(lines[i]).toMatch(word);
    });

    test("tells of a grant, and what it was when it changes", async () => {
      await db.admin.run(["CREATE USER reader@'%'", `GRANT SELECT ON \`${db.name}\`.customers TO reader@'%'`]);
      expect(await told()).toEqual([expect.stringMatching(/^account reader@%: is new: .*GRANT SELECT ON/)]);
      await db.admin.run([`GRANT UPDATE (name) ON \`${db.name}\`.customers TO reader@'%'`]);
      expect(await told()).toEqual([expect.stringMatching(/^account reader@%: was .*, is .*UPDATE/)]);
      await db.admin.run(["CREATE USER stranger@'%'"]);
      expect(await told()).toEqual([]);
      expect(Object.keys((await photograph(db.url, "mysql", { scope: "server" })).facts.grants)).toContain(
        "account stranger@%",
      );
    });

    test("tells of others' sessions, transactions and locks, and no longer when they are gone", async () => {
      await quiet();
      const client = await createConnection({ uri: db.url });
      await client.query("SELECT GET_LOCK('mine', 0)");
      await client.query("BEGIN");
      await client.query("UPDATE plain_case SET n = 0 LIMIT 1");
      await expect
        .poll(async () => differences(last, await now()), patience)
        .toEqual([
          `sessions of root in ${db.name}, Sleep: is new: 1`,
          `transactions of root in ${db.name}: is new: 1`,
          expect.stringMatching(/^Table metadata lock on chaos_test_\w+\.plain_case, .*, by root: is new: 1/),
          expect.stringMatching(/^User lock on mine.*, by root: is new: 1/),
        ]);
      await client.end();
      await expect.poll(async () => differences(last, await now()), patience).toEqual([]);
    });

    test("does not wait for ever for a table that somebody has locked", async () => {
      const client = await createConnection({ uri: db.url });
      await client.query("LOCK TABLES customers WRITE");
      await expect(now()).rejects.toThrow("Lock wait timeout exceeded");
      await client.end();
    });

    test("tells of a prepared transaction", async () => {
      await quiet();
      await db.admin.run([
        "XA START 'left over'",
        "UPDATE plain_case SET n = 1 LIMIT 1",
        "XA END 'left over'",
        "XA PREPARE 'left over'",
      ]);
      await expect
        .poll(async () => differences(last, await now(), { ignore: ["locks"] }), patience)
        .toEqual(["prepared transaction left over: is new: prepared"]);
      await db.admin.run(["XA ROLLBACK 'left over'"]);
    });
  },
  { only: "mysql", alone: true },
);
