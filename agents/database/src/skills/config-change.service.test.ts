import { seededRandom, type SkillContext, systemClock, type Thing, type UndoId } from "@chaos-agents/core";
import { photograph, residues } from "@chaos-agents/testkit";
import { skillContract } from "@chaos-agents/testkit/contract";
import { forEachDatabase } from "@chaos-agents/testkit/vitest";
import { beforeAll, describe, expect, test } from "vitest";
import { databaseAgent } from "../agent.ts";
import type { Database } from "../database.ts";
import { configChange } from "./config-change.ts";
import { stallBehind } from "./stall.fixture.ts";

interface Change {
  param: string;
  value: string | number | boolean;
}

const run = `test-${process.pid}`;
let faults = 0;

forEachDatabase(
  (server) => {
    const onPostgres = server.engine === "postgres";
    const open = async (url = server.url): Promise<Database> => {
      const config = databaseAgent.config.parse({ connection_url: url });
      const context = { mark: `chaos/${run}`, signal: AbortSignal.timeout(60_000), clock: systemClock };
      return (await databaseAgent.connect(config, context)) as Database;
    };
    const sight = () => photograph(server.url, server.engine, { scope: "server" });
    const settings = async () => (await sight()).facts.settings;

    /** What a client who knows nothing of us gets. */
    async function seen(param: string): Promise<string> {
      const [row] = await server.admin.query(onPostgres ? `SHOW ${param}` : `SELECT @@GLOBAL.${param}`);
      return String(Object.values(row!)[0]);
    }
    async function set(param: string, to: string | null): Promise<void> {
      if (!onPostgres) return server.admin.run([`SET GLOBAL ${param} = ${to}`]);
      const was = await seen(param);
      await server.admin.run([`ALTER SYSTEM ${to === null ? `RESET ${param}` : `SET ${param} = '${to}'`}`]);
      await server.admin.query("SELECT pg_reload_conf()");
      await expect.poll(() => seen(param)).not.toBe(was);
    }

    async function fault(database: Database, changes: Change[]) {
      const id = String(++faults);
      const context: SkillContext = {
        run,
        fault: id,
        mark: `chaos/${run}/${id}`,
        signal: AbortSignal.timeout(60_000),
        clock: systemClock,
        random: seededRandom(1),
      };
      const params = configChange.params.parse({ changes });
      const things = await configChange.resolve(database, params, { ...context, matchesFilters: () => true });
      type Record = Parameters<typeof configChange.undo>[1];
      const records: Record[] = [];
      const inject = async (thing: Thing<any> = things[0]!) => {
        const steps = configChange.inject(database, thing, {
          ...context,
          hold: () => undefined,
          progress: () => undefined,
          note: () => undefined,
        });
        let last: UndoId = 0;
        for (;;) {
          const step = await steps.next(last);
          if (step.done) return;
          const { record, revises } = step.value;
          if (revises === undefined) last = records.push(record);
          else records[revises - 1] = record;
        }
      };
      return {
        context,
        things,
        records,
        inject,
        preflight: () => configChange.preflight!(database, things, params, context),
        undo: async (target: Database, at = 0) => {
          await configChange.fence!(target, records, context);
          return configChange.undo(target, records[at]!, context);
        },
        verify: (target: Database, at = 0) => configChange.verify(target, records[at]!, context),
      };
    }

    const plain: Change = onPostgres
      ? { param: "work_mem", value: "64kB" }
      : { param: "sort_buffer_size", value: "64K" };
    const { shown, theirs } = onPostgres ? { shown: "64kB", theirs: "1MB" } : { shown: "65536", theirs: "131072" };

    beforeAll(() => server.admin.run(["CREATE TABLE words (id int PRIMARY KEY)"]));

    skillContract({
      agent: databaseAgent,
      skill: "db.config_change",
      where: server.label,
      async subject() {
        const before = await seen(plain.param);
        return {
          config: { connection_url: server.url },
          params: { changes: [plain] },
          oracle: { photograph: sight, differences: residues, patience: 2_000 },
          observeEffect: async () => (await seen(plain.param)) === shown,
          async [Symbol.asyncDispose]() {
            if ((await seen(plain.param)) !== before) await set(plain.param, onPostgres ? null : before);
          },
        };
      },
      async meddle() {
        await set(plain.param, theirs);
        return async () => (await seen(plain.param)) === theirs;
      },
      // ALTER SYSTEM waits for nobody's lock, and so do all settings of MariaDB but this one
      ...(!onPostgres && {
        stall: async () =>
          Object.assign(await stallBehind(server, ["LOCK TABLES words WRITE"]), {
            params: { changes: [{ param: "read_only", value: true }] },
          }),
      }),
    });

    describe("db.config_change", () => {
      test("[CA-23] changes several settings, and gives each back", async () => {
        const before = await settings();
        await using database = await open();
        const changes = onPostgres
          ? [
              { param: "commit_delay", value: 90_000 },
              { param: "Work_Mem", value: "64kB" },
              { param: "checkpoint_timeout", value: "1h" },
              { param: "autovacuum", value: false },
              { param: "log_line_prefix", value: `it's "a" \\ %m ` },
              { param: "synchronous_standby_names", value: "" },
              { param: "seq_page_cost", value: "2.5" },
              { param: "TimeZone", value: "Asia/Tokyo" },
            ]
          : [
              { param: "Long_Query_Time", value: "2.5" },
              { param: "innodb_flush_log_at_trx_commit", value: 2 },
              { param: "sql_mode", value: "traditional" },
              { param: "event_scheduler", value: true },
              { param: "binlog_format", value: "row" },
              { param: "max_allowed_packet", value: "2000000" },
              { param: "local_infile", value: false },
              { param: "time_zone", value: "+03:00" },
            ];
        const one = await fault(database, changes);
        expect((await one.preflight()).filter(({ level }) => level === "error")).toEqual([]);
        for (const thing of one.things) await one.inject(thing);
        for (const thing of one.things) {
          const records = one.records.filter(({ param }) => param === thing.key);
          const witnessed = await configChange.witness(database, thing, records, one.context);
          expect(witnessed, thing.label).toMatchObject({ landed: true });
        }
        await using other = await open();
        for (const at of one.records.keys()) {
          const already = one.records[at]!.param === "synchronous_standby_names" ? [] : [expect.anything()];
          if (onPostgres || already.length > 0) expect(await one.verify(other, at)).toHaveLength(1);
        }
        for (const at of [...one.records.keys()].reverse())
          expect(await one.undo(other, at)).toMatchObject({ outcome: "undone" });
        for (const at of one.records.keys()) expect(await one.verify(other, at)).toEqual([]);
        expect(await settings()).toEqual(before);
      });

      test("[CA-23] an old value comes back where there was one, spelled as it was", async () => {
        if (!onPostgres) return;
        await server.admin.run(["ALTER SYSTEM SET WORK_mem = '5MB'"]);
        await server.admin.query("SELECT pg_reload_conf()");
        await expect.poll(() => seen("work_mem")).toBe("5MB");
        const before = await settings();
        await using database = await open();
        const one = await fault(database, [{ param: "work_mem", value: "64kB" }]);
        await one.inject();
        expect(await seen("work_mem")).toBe("64kB");
        await using other = await open();
        expect(await one.undo(other)).toMatchObject({ outcome: "undone" });
        expect(await settings()).toEqual(before);
        await set("work_mem", null);
      });

      test("what somebody else reset stays reset", async () => {
        await using database = await open();
        const one = await fault(database, [plain]);
        const before = await seen(plain.param);
        await set(plain.param, theirs);
        await one.inject();
        await set(plain.param, onPostgres ? null : before);
        expect(await one.undo(database)).toMatchObject({ outcome: "conflict", remains: [expect.any(String)] });
        expect(await seen(plain.param)).toBe(before);
        expect(await one.verify(database)).toEqual([]);
      });

      test("a change that was taken back but is still in force is ended", async () => {
        if (!onPostgres) return;
        await using database = await open();
        const one = await fault(database, [plain]);
        await one.inject();
        await server.admin.run([`ALTER SYSTEM RESET ${plain.param}`]);
        expect(await one.verify(database)).toEqual([expect.stringContaining("still in force")]);
        expect(await one.undo(database)).toMatchObject({ outcome: "undone" });
        expect(await seen(plain.param)).toBe("4MB");
        expect(await one.undo(database)).toMatchObject({ outcome: "already" });
      });

      test("survives a restart of the server", async () => {
        if (!server.server) return;
        const before = await settings();
        await using database = await open();
        const one = await fault(database, [plain]);
        // seconds count: the next start must not look like this one
        const uptime = async () =>
          onPostgres ? 9 : Number((await server.admin.query("SHOW STATUS LIKE 'Uptime'"))[0]!["Value"]);
        await expect.poll(uptime, { timeout: 10_000 }).toBeGreaterThan(3);
        // a global that was not in the configuration file either
        if (!onPostgres) await set(plain.param, theirs);
        await one.inject();
        await server.server.restart();
        expect(await seen(plain.param)).toBe(onPostgres ? shown : before[`setting ${plain.param}`]);
        await using other = await open();
        expect(await one.undo(other)).toMatchObject({ outcome: onPostgres ? "undone" : "already" });
        expect(await one.verify(other)).toEqual([]);
        expect(await settings()).toEqual(before);
      });

      test("says which GRANT is missing, and works with just those rights", async () => {
        const role = `tuner_${process.pid}_${server.version}`.replace(".", "_");
        const url = await server.admin.createUser(role, {
          database: server.name,
          grants: onPostgres ? [] : [`GRANT SELECT ON ${server.name}.* TO ${role}@'%'`],
        });
        await using database = await open(url);
        const one = await fault(database, [plain]);
        const findings = await one.preflight();
        const missing = findings.filter(({ level }) => level === "error");
        expect(missing).not.toEqual([]);
        expect(missing.every(({ code }) => code === "permission-missing")).toBe(true);
        await server.admin.run(missing.map(({ remedy }) => remedy!));
        await using granted = await open(url);
        const again = await fault(granted, [plain]);
        expect((await again.preflight()).filter(({ level }) => level === "error")).toEqual([]);
        const before = await seen(plain.param);
        await again.inject();
        expect(await seen(plain.param)).toBe(shown);
        expect(await again.undo(granted)).toMatchObject({ outcome: "undone" });
        expect(await seen(plain.param)).toBe(before);
      });

      test("finds its way back when there is no room for another connection", async () => {
        if (!onPostgres || !server.server) return;
        await using database = await open();
        const one = await fault(database, [plain]);
        await one.inject();
        await using crowd = await open();
        const crowded = async () => {
          for (;;) await crowd.session("chaos-test-crowd");
        };
        await expect(crowded()).rejects.toMatchObject({ code: "target-unreachable" });
        expect(await one.undo(database)).toMatchObject({ outcome: "undone" });
        await crowd[Symbol.asyncDispose]();
        await expect.poll(() => seen(plain.param).catch(() => "no room")).toBe("4MB");
      });

      const refused: [change: Change, why: RegExp][] = onPostgres
        ? [
            [{ param: "max_connections", value: "10" }, /only when the server restarts/],
            [{ param: "server_version", value: "99" }, /cannot be changed/],
            [{ param: "search_path", value: "x" }, /list of names/],
            [{ param: "ssl", value: "off" }, /shut us out/],
            [{ param: "fsync", value: "off" }, /guards the data/],
            [{ param: "session_replication_role", value: "replica" }, /consistent/],
            [{ param: "statement_timeout", value: "5ms" }, /below 100 ms/],
            [{ param: "work_mem", value: "7" }, /outside of 64 to/],
            [{ param: "work_mem", value: "4 Mb" }, /"Mb" is not one of B, kB/],
            [{ param: "work_mem", value: "much" }, /not a number/],
            [{ param: "checkpoint_timeout", value: "2d" }, /outside of 30 to 86400, counted in s/],
            [{ param: "autovacuum", value: "maybe" }, /not on or off/],
            [{ param: "synchronous_commit", value: "sometimes" }, /not one of local, remote_write/],
            [{ param: "TimeZone", value: "Mars/Olympus" }, /invalid value for parameter "TimeZone"/],
            [{ param: "log_line_prefix", value: "a\nb" }, /one line/],
          ]
        : [
            [{ param: "port", value: "1" }, /only when the server restarts/],
            [{ param: "init_connect", value: "SET x" }, /shut us out/],
            [{ param: "foreign_key_checks", value: "off" }, /consistent/],
            [{ param: "max_connections", value: "2" }, /below 20/],
            [{ param: "max_statement_time", value: "0.001" }, /below 0.1/],
            [{ param: "last_insert_id", value: "1" }, /one session/],
            [{ param: "sort_buffer_size", value: "1" }, /outside of 1024 to/],
            [{ param: "sort_buffer_size", value: "much" }, /not a number/],
            [{ param: "event_scheduler", value: "maybe" }, /not one of OFF/],
            [{ param: "local_infile", value: "maybe" }, /not on or off/],
            [{ param: "sql_mode", value: "NONSENSE" }, /NONSENSE/],
          ];
      test("refuses what would do lasting harm or cannot be, all at once", async () => {
        const before = await settings();
        await using database = await open();
        for (const [change, why] of refused) {
          const one = await fault(database, [change]);
          expect(await one.preflight(), JSON.stringify(change)).toContainEqual(
            expect.objectContaining({ level: "error", message: expect.stringMatching(why) as string }),
          );
        }
        const params = new Set(refused.map(([{ param }]) => param));
        const all = [...params].map((param) => refused.find(([change]) => change.param === param)![0]);
        const findings = await (await fault(database, all)).preflight();
        expect(findings.filter(({ level }) => level === "error")).toHaveLength(all.length);
        expect(await settings()).toEqual(before);
      });

      test("warns of what is so already, and of what stands over it", async () => {
        await using database = await open();
        const same = onPostgres ? { param: "work_mem", value: "4096kB" } : { param: "event_scheduler", value: false };
        expect(await (await fault(database, [same])).preflight()).toContainEqual(
          expect.objectContaining({ level: "warning", code: "no-effect" }),
        );
        if (!onPostgres) return;
        await server.admin.run([
          `CREATE ROLE stubborn_${server.version}`,
          `ALTER ROLE stubborn_${server.version} SET work_mem = '1MB'`,
          `ALTER DATABASE ${server.name} SET maintenance_work_mem = '2MB'`,
        ]);
        expect(await (await fault(database, [plain])).preflight()).toEqual([
          expect.objectContaining({ level: "warning", message: expect.stringContaining("role stubborn_") as string }),
        ]);
        await using later = await open();
        const over = await fault(later, [{ param: "maintenance_work_mem", value: "1MB" }]);
        expect(await over.preflight()).toContainEqual(expect.objectContaining({ level: "error", code: "no-effect" }));
        await server.admin.run([`ALTER DATABASE ${server.name} RESET maintenance_work_mem`]);
      });

      test("knows the nearest name, and refuses one twice", async () => {
        await using database = await open();
        const nearly = onPostgres ? "work_men" : "sort_bufer_size";
        await expect(fault(database, [{ param: nearly, value: "1" }])).rejects.toMatchObject({
          code: "nothing-matched",
          remedy: expect.stringContaining(plain.param) as string,
        });
        const twice = {
          changes: [plain, { ...plain, param: plain.param.toUpperCase() }].map(({ param, value }) => ({
            param,
            value,
          })),
        };
        expect(configChange.params.safeParse(twice).error?.issues[0]?.message).toContain("changed twice");
      });
    });
  },
  { alone: { settings: { postgres: { max_connections: 15 } } } },
);
