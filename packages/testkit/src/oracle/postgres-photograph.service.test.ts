import { Client } from "pg";
import { beforeAll, describe, expect, test } from "vitest";
import { forEachDatabase } from "../databases.ts";
import { makeRichSchema } from "../fixtures/rich-schema.ts";
import { differences, type DifferenceOptions } from "./differences.ts";
import type { Photograph } from "./facts.ts";
import { photograph } from "./photograph.ts";

const patience = { timeout: 20_000 };

/** The smallest change we know of in each column's type. */
const changes: [column: string, from: string, to: string][] = [
  ["a_smallint", "1", "2"],
  ["a_bigint", "4611686018427387902", "4611686018427387903"],
  ["a_real", "1", "1.0000001"],
  ["a_double", "1", "1.0000000000000002"],
  ["a_numeric", "1.1", "1.10"],
  ["a_money", "1.10", "1.11"],
  ["a_boolean", "false", "NULL"],
  ["a_text", "''", "NULL"],
  ["a_varchar", "'a'", "'a '"],
  ["a_char", "'a'", "'b'"],
  ["an_email", "'a@b'", "'a@c'"],
  ["a_percent", "1.00", "1.01"],
  ["a_uuid", "'00000000-0000-0000-0000-000000000000'", "'00000000-0000-0000-0000-000000000001'"],
  ["a_json", `'{"a":1}'`, `'{"a": 1}'`],
  ["a_jsonb", "'null'", "NULL"],
  ["some_bytes", String.raw`'\x00'`, String.raw`'\x01'`],
  ["some_ints", "'{}'", "NULL"],
  ["some_texts", "'{NULL}'", `'{"NULL"}'`],
  ["a_matrix", "'{{1}}'", "'[0:0][1:1]={{1}}'"],
  ["some_moods", "'{ok}'", "'{happy}'"],
  ["a_mood", "'ok'", "'happy'"],
  ["an_address", "ROW('a', 1)", "ROW('a', NULL)"],
  ["a_date", "'infinity'", "'-infinity'"],
  ["a_time", "'12:00'", "'12:00:00.001'"],
  ["a_timetz", "'12:00+00'", "'13:00+01'"],
  ["a_timestamp", "'2026-01-01'", "'2026-01-01 00:00:00.000001'"],
  ["a_timestamptz", "'2026-01-01 00:00+00'", "'2026-01-01 00:00:00.000001+00'"],
  ["an_interval", "'1 day'", "'24 hours'"],
  ["a_bit", "B'00000'", "B'00001'"],
  ["a_varbit", "B''", "B'0'"],
  ["a_range", "'empty'", "NULL"],
  ["a_tsrange", "'[2026-01-01 00:00+00,)'", "'(2026-01-01 00:00+00,)'"],
  ["a_numrange", "'[,1.5)'", "'[,1.50)'"],
  ["an_inet", "'10.0.0.1/8'", "'10.0.0.1/9'"],
  ["a_cidr", "'10.0.0.0/8'", "'10.0.0.0/9'"],
  ["a_macaddr", "'08:00:2b:01:02:03'", "'08:00:2b:01:02:04'"],
  ["a_point", "'(0,0)'", "'(-0,0)'"],
  ["a_tsvector", "'cat'", "'cat:1'"],
];

/** One change of each other kind, and the words it is told in. */
const others: [what: string, sql: string[], told: (string | RegExp)[]][] = [
  [
    "one of two rows that are the same",
    ["DELETE FROM keyless WHERE ctid = (SELECT min(ctid) FROM keyless)"],
    ["table public.keyless: rows differ (250 before, 249 after)"],
  ],
  [
    "a row that moves to another partition",
    ["UPDATE measurements SET sensor = 'z' WHERE sensor = 'a' AND at = (SELECT min(at) FROM measurements_2026_a)"],
    [
      "table public.measurements_2026_a: rows differ (61 before, 60 after)",
      "table public.measurements_rest: rows differ (122 before, 123 after)",
    ],
  ],
  [
    "an index made invalid",
    ["UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'every_type_lower'::regclass"],
    [/^index public\.every_type_lower: was .*"valid": true.*, is .*"valid": false/],
  ],
  [
    "an index that is gone",
    ["DROP INDEX every_type_text"],
    [/^index public\.every_type_text: is gone: .*text_pattern_ops/],
  ],
  [
    "an index's comment",
    ["COMMENT ON INDEX every_type_jsonb IS NULL"],
    [/^index public\.every_type_jsonb: was .*finds what's inside/],
  ],
  [
    "the index a table is clustered on",
    ["ALTER TABLE every_type CLUSTER ON every_type_pkey"],
    [/^index public\.every_type_pkey: /],
  ],
  [
    "a trigger disabled",
    ["ALTER TABLE watched DISABLE TRIGGER watched_audit"],
    [/^trigger watched_audit on public\.watched: was .*"O".*, is .*"D"/],
  ],
  [
    "a foreign key's own triggers disabled",
    ["ALTER TABLE purchases DISABLE TRIGGER ALL"],
    [
      /^trigger of constraint of_purchase \("RI_FKey_cascade_del"\) on public\.purchases: /,
      /^trigger of constraint of_purchase \("RI_FKey_noaction_upd"\) on public\.purchases: /,
      /^trigger of constraint purchases_customer_fkey \("RI_FKey_check_ins"\) on public\.purchases: was .*"O".*, is .*"D"/,
      /^trigger of constraint purchases_customer_fkey \("RI_FKey_check_upd"\) on public\.purchases: /,
    ],
  ],
  ["a table's option", ["ALTER TABLE watched SET (fillfactor = 71)"], [/^table public\.watched: .*fillfactor=71/]],
  ["a table that is not logged", ["ALTER TABLE archive SET UNLOGGED"], [/^table public\.archive: /]],
  [
    "a default",
    ["ALTER TABLE customers ALTER balance SET DEFAULT 1"],
    [/^column public\.customers\.balance: was .*, is .*"default": "1"/],
  ],
  [
    "a constraint that can wait",
    ["ALTER TABLE purchase_lines ALTER CONSTRAINT of_purchase NOT DEFERRABLE"],
    [/^constraint of_purchase on public\.purchase_lines: /],
  ],
  [
    "a domain's check",
    ["ALTER DOMAIN email ADD CHECK (length(VALUE) < 200)"],
    [/^constraint email_check1 on public\.email: is new/],
  ],
  ["an enum's label", ["ALTER TYPE mood ADD VALUE 'new'"], [/^type public\.mood: /]],
  [
    "a policy",
    ["ALTER POLICY own_rows ON guarded USING (true)"],
    [/^policy own_rows on public\.guarded: .*"using": "true"/],
  ],
  ["row security", ["ALTER TABLE guarded FORCE ROW LEVEL SECURITY"], [/^table public\.guarded: /]],
  [
    "a function's body",
    ["CREATE OR REPLACE FUNCTION count_version() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'"],
    [/^function public\.count_version\(\): /],
  ],
  [
    "a view",
    ["CREATE OR REPLACE VIEW rich_customers AS SELECT * FROM customers WHERE balance > 101"],
    [/^rule "_RETURN" on public\.rich_customers: /],
  ],
  [
    "a sequence that advanced",
    ["SELECT nextval('audit_id_seq')"],
    ["sequence public.audit_id_seq: was last value 1, not yet used, is last value 1"],
  ],
  ["a sequence's step", ["ALTER SEQUENCE audit_id_seq INCREMENT 2"], [/^sequence public\.audit_id_seq: /]],
  [
    "a grant",
    ["CREATE ROLE reader", "GRANT SELECT ON customers TO reader"],
    ["grant on table public.customers to reader: is new: SELECT by postgres", /^role reader: is new/],
  ],
  [
    "a grant on one column",
    ["GRANT UPDATE (name) ON customers TO reader"],
    ["grant on column public.customers.name to reader: is new: UPDATE by postgres"],
  ],
  [
    "a grant taken from public",
    ["REVOKE EXECUTE ON FUNCTION note_change() FROM public"],
    [/^grant on function public\.note_change\(\) to public: is gone/],
  ],
  ["a role's right", ["ALTER ROLE reader CREATEDB"], [/^role reader: .*createdb/]],
  ["a role's password", ["ALTER ROLE reader PASSWORD 'new'"], [/^role reader: /]],
  [
    "a setting of a role",
    ["ALTER ROLE reader SET work_mem = '9MB'"],
    ["settings of reader in any database: is new: {work_mem=9MB}"],
  ],
];

forEachDatabase(
  (db) => {
    let last: Photograph;
    beforeAll(async () => {
      await makeRichSchema(db.admin, { version: db.version });
      last = await photograph(db.url, "postgres");
    });
    const now = () => photograph(db.url, "postgres");
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

    test("nothing differs when nothing changed, even after a restart and a rewrite of every table", async () => {
      await db.admin.run(["VACUUM FULL", "ANALYZE"]);
      await db.server?.restart();
      expect(await told()).toEqual([]);
    });

    describe("one row's smallest change in", () => {
      beforeAll(async () => {
        const set = changes.map(([column, from]) => `${column} = ${from}`).join(", ");
        await db.admin.run([`UPDATE every_type SET ${set} WHERE id = 3`]);
        await told();
      });
      test.each(changes)("%s: from %s to %s", async (column, _from, to) => {
        await db.admin.run([`UPDATE every_type SET ${column} = ${to} WHERE id = 3`]);
        expect(await told()).toEqual(["table public.every_type: rows differ (400 before and after)"]);
      });
      test("leaves out no column that can be written", () => {
        const columns = Object.keys(last.facts.schema).filter((name) => name.startsWith("column public.every_type."));
        const written = new Set(["id", "an_xmlish", "twice", ...changes.map(([column]) => column)]);
        expect(columns.map((name) => name.split(".").at(-1)).filter((name) => !written.has(name!))).toEqual([]);
      });
    });

    test.each(others)("tells of %s", async (_what, sql, words) => {
      await db.admin.run(sql);
      const lines = await told();
      expect(lines, lines.join("\n")).toHaveLength(words.length);
      for (const [i, word] of words.entries()) expect(lines[i]).toMatch(word);
    });

    test("tells of a setting: in the file alone, in force, and of none once it is reset", async () => {
      const inForce = async () => (await db.admin.query("SHOW deadlock_timeout"))[0]!["deadlock_timeout"];
      const before = last;
      await db.admin.run(["ALTER SYSTEM SET deadlock_timeout = '3s'"]);
      expect(await told()).toEqual([
        expect.stringMatching(/^file postgresql\.auto\.conf: .*deadlock_timeout = '3s'/),
        expect.stringMatching(/^setting deadlock_timeout in .*postgresql\.auto\.conf: is new/),
      ]);
      await db.admin.query("SELECT pg_reload_conf()");
      await expect.poll(inForce, patience).toBe("3s");
      expect(await told()).toEqual([
        expect.stringMatching(
          /^setting deadlock_timeout: was 1000ms \(default \), is 3000ms \(configuration file .*auto\.conf\)/,
        ),
      ]);
      await db.admin.run(["ALTER SYSTEM RESET deadlock_timeout", "SELECT pg_reload_conf()"]);
      await expect.poll(inForce, patience).toBe("1s");
      last = before;
      expect(await told()).toEqual([]);
    });

    test("tells of others' sessions, transactions and locks, and no longer when they are gone", async () => {
      await quiet();
      const client = new Client({ connectionString: db.url, application_name: "somebody else" });
      await client.connect();
      await client.query("BEGIN; SELECT pg_advisory_lock(4, 2); LOCK TABLE customers IN ROW EXCLUSIVE MODE");
      expect(differences(last, await now())).toEqual([
        "sessions of somebody else as postgres, idle in transaction: is new: 1",
        "advisory lock 4 2 2, ExclusiveLock, held by somebody else: is new: 1",
        "lock on relation public.customers, RowExclusiveLock, held by somebody else: is new: 1",
      ]);
      await client.end();
      await expect.poll(async () => differences(last, await now()), patience).toEqual([]);
    });

    test("tells of a prepared transaction and its locks", async () => {
      await quiet();
      await db.admin.run(["BEGIN", "UPDATE archive SET value = 'x' WHERE id = 1", "PREPARE TRANSACTION 'left over'"]);
      await expect
        .poll(async () => differences(last, await now()), patience)
        .toEqual([
          `prepared transaction left over: is new: of postgres in ${db.name}`,
          "lock on relation public.archive, RowExclusiveLock, held by a prepared transaction: is new: 1",
          "lock on relation public.archive_pkey, RowExclusiveLock, held by a prepared transaction: is new: 1",
        ]);
      await db.admin.run(["ROLLBACK PREPARED 'left over'"]);
    });

    test("does not wait for ever for a table that somebody has locked", async () => {
      const client = new Client({ connectionString: db.url });
      await client.connect();
      await client.query("BEGIN; LOCK TABLE customers IN ACCESS EXCLUSIVE MODE");
      await expect(now()).rejects.toThrow("lock timeout");
      await client.end();
    });

    test("leaves out what it is told to: a section, a name, a pattern", async () => {
      await db.admin.run([
        "SELECT nextval('customers_id_seq')",
        "UPDATE guarded SET value = 'other' WHERE id = 1",
        "CREATE INDEX extra ON guarded (value)",
      ]);
      expect(await told(["sessions", "locks", "sequences", "table public.guarded", /^index .*extra$/])).toEqual([]);
    });

    test("with the whole server in view, also tells of a role that has nothing here", async () => {
      const before = await photograph(db.url, "postgres", { scope: "server" });
      await db.admin.run(["CREATE ROLE stranger"]);
      expect(differences(before, await photograph(db.url, "postgres", { scope: "server" }))).toEqual([
        expect.stringMatching(/^role stranger: is new/),
      ]);
      expect(Object.keys((await photograph(db.url, "postgres")).facts.grants)).not.toContain("role stranger");
    });
  },
  { only: "postgres", alone: { settings: { postgres: { max_prepared_transactions: 5 } } } },
);
