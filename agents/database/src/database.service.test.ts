import { once } from "node:events";
import { createServer } from "node:net";
import { ChaosError, type Clock, systemClock } from "@chaos-agents/core";
import { forEachDatabase } from "@chaos-agents/testkit/vitest";
import { beforeAll, describe, expect, test } from "vitest";
import { type TableChoice, chooseTables, tableKey } from "./choose-tables.ts";
import type { DatabaseConfig } from "./config.ts";
import { Database } from "./database.ts";
import { HeldSessions } from "./held-sessions.ts";
import { sqlProbe } from "./probes/sql.ts";

const run = `base-${process.pid}`;
const soon = () => AbortSignal.timeout(60_000);

forEachDatabase((server) => {
  const onPostgres = server.engine === "postgres";
  const sleep = onPostgres ? "SELECT pg_sleep(600)" : "SELECT SLEEP(600)";
  const home = onPostgres ? "public" : server.name;

  const open = (config: Partial<DatabaseConfig> = {}, clock: Clock = systemClock): Promise<Database> =>
    Database.open({ connection_url: server.url, ...config }, { mark: `chaos/${run}`, signal: soon(), clock });
  const choose = async (choice: Partial<TableChoice>, config: Partial<DatabaseConfig> = {}) => {
    await using database = await open(config);
    const tables = await chooseTables(database, { matchesFilters: () => true, signal: soon(), ...choice });
    return tables.map(tableKey);
  };
  /** Looks at the server as its administrator: is this session there, and does it run a statement? */
  const stateOf = async (id: string): Promise<"gone" | "idle" | "active"> => {
    const [row] = await server.admin.query(
      onPostgres
        ? `SELECT state = 'active' AS active FROM pg_stat_activity WHERE pid = ${id}`
        : `SELECT command <> 'Sleep' AS active FROM information_schema.processlist WHERE id = ${id}`,
    );
    return row === undefined ? "gone" : row["active"] ? "active" : "idle";
  };

  beforeAll(() =>
    server.admin.run([
      "CREATE TABLE orders (id int PRIMARY KEY, note varchar(200))",
      "CREATE TABLE items (id int PRIMARY KEY, order_id int NOT NULL REFERENCES orders (id) ON DELETE CASCADE, n int)",
      ...(onPostgres
        ? ['CREATE TABLE "Orders" (id int)', "CREATE SCHEMA other", "CREATE TABLE other.orders (id int)"]
        : []),
      onPostgres
        ? "INSERT INTO orders SELECT g, repeat('x', 100) FROM generate_series(1, 2000) g"
        : "INSERT INTO orders SELECT seq, repeat('x', 100) FROM seq_1_to_2000",
      onPostgres ? "ANALYZE" : "ANALYZE TABLE orders, items",
    ]),
  );

  describe("a database", () => {
    test("is known again by any connection; another database is told apart where rows belong to one", async () => {
      await using one = await open();
      await using again = await open();
      expect(again.identity).toEqual(one.identity);
      expect(Object.keys(one.identity)).toEqual(onPostgres ? ["system", "database"] : ["server"]);
      await using other = await open({ connection_url: server.admin.urlOf(onPostgres ? "postgres" : "mysql") });
      const { database: _, ...shared } = one.identity;
      expect(other.identity).toMatchObject(shared);
      if (onPostgres) expect(other.identity["database"]).not.toBe(one.identity["database"]);
    });

    test("fences by mark: sessions, their statements and their transactions are gone, and no others", async () => {
      await using database = await open();
      await using other = await open();
      const mark = `chaos/${run}/fence`;
      const [writer, sleeper] = [await database.session(mark), await database.session(mark)];
      await using bystander = await database.session(`${mark}-not`);
      await writer.query("BEGIN");
      await writer.query("UPDATE orders SET note = 'changed'");
      const sleeping = sleeper.query(sleep).catch((error: unknown) => database.refusal(error));
      await expect.poll(() => stateOf(sleeper.id)).toBe("active");
      expect(await other.fence(mark, soon())).toBe(2);
      expect(await stateOf(writer.id)).toBe("gone");
      expect(await stateOf(sleeper.id)).toBe("gone");
      expect(await stateOf(bystander.id)).toBe("idle");
      expect(await sleeping).toBe("connection-lost");
      await writer.lost;
      expect(writer.isOpen).toBe(false);
      const untouched = await server.admin.query("SELECT count(*) AS n FROM orders WHERE note = 'changed'");
      expect(Number(untouched[0]!["n"])).toBe(0);
      // no lock of theirs is left either
      await server.admin.run([
        onPostgres ? "SET lock_timeout = 1" : "SET innodb_lock_wait_timeout = 1",
        "DELETE FROM orders WHERE id = 1",
      ]);
      expect(await other.fence(mark, soon())).toBe(0);
    });

    test("finds sessions of ours without any journal, and ends one", async () => {
      await using database = await open();
      const left = await database.session(`chaos/${run}/left`);
      await using other = await open();
      const mark = (await other.marks(soon())).find(({ key }) => key === `session ${left.id}`);
      expect(mark).toBeDefined();
      if (onPostgres) expect(mark).toMatchObject({ run, detail: expect.stringContaining(`chaos/${run}/left`) });
      expect(await mark!.remove!(soon())).toMatchObject({ outcome: "undone" });
      expect(await stateOf(left.id)).toBe("gone");
      expect(await mark!.remove!(soon())).toMatchObject({ outcome: "already" });
      expect((await other.marks(soon())).map(({ key }) => key)).not.toContain(`session ${left.id}`);
    });

    test("gives every session a mark of its own, forty at once", async () => {
      await using database = await open();
      const mark = `chaos/${run}/many`;
      const sessions = await Promise.all(Array.from({ length: 40 }, () => database.session(mark)));
      const ids = (await database.ourSessions(mark)).map(({ id }) => id);
      expect(ids.toSorted()).toEqual(sessions.map(({ id }) => id).toSorted());
      expect(await database.fence(mark, soon())).toBe(40);
    });

    test("stops a statement on the server when told to, and keeps the session", async () => {
      await using database = await open();
      await using session = await database.session(`chaos/${run}/stop`);
      const stop = new AbortController();
      const sleeping = session.query(sleep, [], { signal: stop.signal });
      await expect.poll(() => stateOf(session.id)).toBe("active");
      stop.abort(new Error("told to"));
      await expect(sleeping).rejects.toThrow("told to");
      expect(await stateOf(session.id)).toBe("idle");
      expect(await session.rows("SELECT 1")).toEqual([["1"]]);
    });

    test("comes back when its control connection is lost", async () => {
      await using database = await open();
      const [before] = await database.ask(
        onPostgres ? "SELECT pg_backend_pid() AS id" : "SELECT CONNECTION_ID() AS id",
      );
      await server.admin.query(onPostgres ? `SELECT pg_terminate_backend(${before!["id"]})` : `KILL ${before!["id"]}`);
      await expect.poll(() => stateOf(before!["id"]!)).toBe("gone");
      const [row] = await database.ask("SELECT 1 AS one");
      expect(row).toEqual({ one: "1" });
    });

    test("leases held sessions at the server, and gives signs of life while we live", async () => {
      // sleeps of the renewing loop pass at once
      const hasty: Clock = {
        ...systemClock,
        sleep: async (_ms, signal) => {
          await new Promise((passed) => setImmediate(passed));
          signal?.throwIfAborted();
        },
      };
      await using database = await open({}, hasty);
      const held = new HeldSessions(database, `chaos/${run}/held`);
      const session = await held.open();
      await session.query("BEGIN");
      const [lease] = await session.rows(
        onPostgres ? "SELECT current_setting('idle_in_transaction_session_timeout')" : "SELECT @@SESSION.wait_timeout",
      );
      expect(lease).toEqual([onPostgres ? "15s" : "15"]);
      const sign = async () =>
        onPostgres
          ? (
              await server.admin.query(
                `SELECT state_change::text AS at FROM pg_stat_activity WHERE pid = ${session.id}`,
              )
            )[0]!["at"]
          : (await session.query("SHOW SESSION STATUS LIKE 'Com_admin_commands'"))[0]!["Value"];
      const first = await sign();
      await expect.poll(sign).not.toBe(first);
      expect(session.isOpen).toBe(true);
      await held[Symbol.asyncDispose]();
      await expect.poll(() => stateOf(session.id)).toBe("gone");
    });

    test("tells how a transaction ended", { skip: !onPostgres }, async () => {
      await using database = await open();
      await using session = await database.session(`chaos/${run}/outcome`);
      const ended = async (how: "COMMIT" | "ROLLBACK" | undefined) => {
        await session.query("BEGIN");
        const id = (await database.dialect.transactionId(session))!;
        if (how) await session.query(how);
        return database.transactionOutcome(id);
      };
      expect(await ended("COMMIT")).toBe("committed");
      expect(await ended("ROLLBACK")).toBe("aborted");
      expect(await ended(undefined)).toBe("in-progress");
      expect(await database.transactionOutcome("99999999999")).toBe("unknown");
    });

    test("is found out about: tables, keys, what points where", async () => {
      await using database = await open();
      const { summary, tables } = await database.discover(soon());
      expect(summary).toMatch(onPostgres ? /^PostgreSQL \d+\.\d+, 4 tables/ : /^MariaDB .*, 2 tables/);
      const list = tables.find(({ title }) => title === "Tables")!.rows;
      expect(list.find(([name]) => name === `${home}.items`)).toContain(`${home}.orders (cascade)`);
      expect(list[0]![0]).toBe(`${home}.orders`);
    });
  });

  describe("tables", () => {
    test("are chosen by size, under the filters, as many as wanted", async () => {
      expect((await choose({}))[0]).toBe(`${home}.orders`);
      expect(await choose({ limit: 1 })).toEqual([`${home}.orders`]);
      expect(await choose({ matchesFilters: (name) => /^items$/.test(name) })).toEqual([`${home}.items`]);
      expect(await choose({ matchesFilters: (name) => name === `${home}.items` })).toEqual([`${home}.items`]);
      expect(
        await choose({ unsuitable: ({ name }) => (name === "orders" ? "no" : undefined), limit: 1 }),
      ).not.toContain(`${home}.orders`);
    });

    test("are found by name, qualified or not, quoted or not", async () => {
      const quoted = onPostgres ? `"${home}"."items"` : `\`${home}\`.\`items\``;
      for (const name of ["items", `${home}.items`, quoted])
        expect(await choose({ tables: [name] })).toEqual([`${home}.items`]);
      expect(await choose({ tables: ["items", `${home}.items`] })).toEqual([`${home}.items`]);
      if (!onPostgres) return;
      expect(await choose({ tables: ["Orders"] })).toEqual(["public.Orders"]);
      expect(await choose({ tables: ["ORDERS"] })).toEqual(["public.orders"]);
      expect(await choose({ tables: ["other.orders"] })).toEqual(["other.orders"]);
      expect(await choose({ tables: ["orders"] }, { schemas: ["other"] })).toEqual(["other.orders"]);
    });

    test("that do not exist, or are the system's, are refused with the nearest name", async () => {
      const refusal = async (tables: string[]) => choose({ tables }).catch((error: unknown) => error as ChaosError);
      expect(await refusal(["itmes"])).toMatchObject({
        code: "nothing-matched",
        remedy: `Did you mean ${home}.items?`,
      });
      const system = onPostgres ? "pg_catalog.pg_class" : "mysql.global_priv";
      expect(await refusal([system])).toMatchObject({ code: "nothing-matched" });
      expect(await choose({}, { schemas: ["nowhere"] }).catch((error: unknown) => error)).toMatchObject({
        code: "nothing-matched",
      });
      expect(await choose({ matchesFilters: () => false }).catch((error: unknown) => error)).toMatchObject({
        code: "nothing-matched",
      });
    });
  });

  describe("connecting", () => {
    const failure = async (change: (url: URL) => void): Promise<ChaosError> => {
      const url = new URL(server.url);
      change(url);
      const error: unknown = await open({ connection_url: url.href }).then(
        () => undefined,
        (error: unknown) => error,
      );
      expect(error).toBeInstanceOf(ChaosError);
      const { code, message, remedy } = error as ChaosError;
      expect({ code, remedy: typeof remedy }).toEqual({ code: "target-unreachable", remedy: "string" });
      expect(`${message} ${remedy}`).not.toContain(decodeURIComponent(url.password));
      expect(message).toContain(url.host);
      return error as ChaosError;
    };

    test("says what is wrong, where, and what to do", async () => {
      const listener = createServer();
      listener.listen(0, "127.0.0.1");
      await once(listener, "listening");
      const { port } = listener.address() as { port: number };
      await new Promise((closed) => listener.close(closed));
      expect((await failure((url) => (url.port = String(port)))).message).toContain("nothing listens there");
      expect((await failure((url) => (url.pathname = "/no_such_db"))).message).toContain(
        'there is no database "no_such_db"',
      );
      expect((await failure((url) => (url.username = "nobody_like_that"))).remedy).toContain("Check");
    });
  });

  describe("the sql probe", () => {
    const ask = async (query: string) => {
      const config = { connection_url: server.url };
      await using probe = await sqlProbe.open({ query }, { signal: soon(), targetConfig: config });
      return await probe.measure(soon());
    };

    test("answers the first column of the first row", async () => {
      expect(await ask("SELECT count(*), 7 FROM items")).toMatchObject({ value: 0, ok: true });
      expect(await ask("SELECT 'ready'")).toMatchObject({ value: "ready", ok: true });
      expect(await ask("SELECT NULL")).toMatchObject({ value: null, ok: true });
      expect(await ask("SELECT id FROM items")).toMatchObject({ value: null, ok: true });
    });

    test("cannot write, and says what the server refused", async () => {
      expect(await ask("DELETE FROM orders")).toMatchObject({ value: null, ok: false });
      expect(await ask("SELECT nothing FROM nowhere")).toMatchObject({
        value: null,
        ok: false,
        detail: expect.stringContaining("nowhere"),
      });
      const [row] = await server.admin.query("SELECT count(*) AS n FROM orders");
      expect(Number(row!["n"])).toBeGreaterThan(1_000);
    });

    test("stops its query at the timeout, and can be asked again", async () => {
      const config = { connection_url: server.url };
      await using probe = await sqlProbe.open({ query: sleep }, { signal: soon(), targetConfig: config });
      const stop = new AbortController();
      const measuring = probe.measure(stop.signal);
      const running = async () =>
        (
          await server.admin.query(
            onPostgres
              ? "SELECT pid FROM pg_stat_activity WHERE state = 'active' AND query = 'SELECT pg_sleep(600)' AND datname = current_database()"
              : "SELECT id FROM information_schema.processlist WHERE info = 'SELECT SLEEP(600)' AND db = DATABASE()",
          )
        ).length;
      await expect.poll(running).toBe(1);
      stop.abort(new Error("too slow"));
      await expect(measuring).rejects.toThrow("too slow");
      expect(await running()).toBe(0);
    });
  });
});
