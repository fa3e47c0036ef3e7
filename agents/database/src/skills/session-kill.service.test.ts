import { seededRandom, type SkillContext, systemClock } from "@chaos-agents/core";
import { differences, photograph } from "@chaos-agents/testkit";
import { skillContract } from "@chaos-agents/testkit/contract";
import { forEachDatabase } from "@chaos-agents/testkit/vitest";
import mysql from "mysql2/promise";
import { Client } from "pg";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { databaseAgent } from "../agent.ts";
import type { Database } from "../database.ts";
import { sessionKill } from "./session-kill.ts";

const run = `test-${process.pid}`;
let faults = 0;

forEachDatabase((server) => {
  const onPostgres = server.engine === "postgres";
  const role = `shop_${process.pid}_${server.version}`.replace(".", "_");
  let shopUrl: string;

  const open = async (url = server.url): Promise<Database> => {
    const config = databaseAgent.config.parse({ connection_url: url });
    const context = { mark: `chaos/${run}`, signal: AbortSignal.timeout(60_000), clock: systemClock };
    return (await databaseAgent.connect(config, context)) as Database;
  };

  /** An application's connection that it opens anew when it finds it broken. */
  class Customer implements AsyncDisposable {
    #end: (() => Promise<unknown>) | undefined;
    ask: (sql: string) => Promise<unknown> = () => Promise.reject(new Error("not connected"));
    readonly #application: string;
    readonly #url: string;

    constructor(application: string, url = shopUrl) {
      this.#application = application;
      this.#url = url;
    }

    async connect(): Promise<this> {
      if (onPostgres) {
        const client = new Client({ connectionString: this.#url, application_name: this.#application });
        client.on("error", () => undefined);
        await client.connect();
        this.ask = (sql) => client.query(sql);
        this.#end = () => client.end();
      } else {
        const client = await mysql.createConnection(this.#url);
        client.on("error", () => undefined);
        this.ask = (sql) => client.query(sql);
        this.#end = () => client.end();
      }
      return this;
    }

    /** Comes back if need be. */
    async look(): Promise<boolean> {
      try {
        await this.ask("SELECT 1");
        return false;
      } catch {
        await this.connect();
        return true;
      }
    }

    async [Symbol.asyncDispose](): Promise<void> {
      await this.#end?.().catch(() => undefined);
    }
  }

  async function shop(size: number, application = "shop") {
    const customers = await Promise.all(Array.from({ length: size }, () => new Customer(application).connect()));
    return {
      customers,
      look: async () => (await Promise.all(customers.map((one) => one.look()))).filter(Boolean).length,
      async [Symbol.asyncDispose]() {
        for (const one of customers) await one[Symbol.asyncDispose]();
      },
    };
  }

  async function fault(database: Database, rawParams: Record<string, unknown>) {
    const id = String(++faults);
    const context: SkillContext = {
      run,
      fault: id,
      mark: `chaos/${run}/${id}`,
      signal: AbortSignal.timeout(60_000),
      clock: systemClock,
      random: seededRandom(1),
    };
    const params = sessionKill.params.parse(rawParams);
    const [thing] = await sessionKill.resolve(database, params, { ...context, matchesFilters: () => true });
    const steps = sessionKill.inject(database, thing!, {
      ...context,
      hold: () => undefined,
      progress: () => undefined,
      note: () => undefined,
    });
    return {
      context,
      thing: thing!,
      preflight: () => sessionKill.preflight!(database, [thing!], params, context),
      announce: async () => (await steps.next()).value!.record,
      act: () => steps.next(1),
    };
  }

  beforeAll(async () => {
    await server.admin.run(["CREATE TABLE orders (id int PRIMARY KEY)"]);
    shopUrl = await server.admin.createUser(role, {
      database: server.name,
      grants: [onPostgres ? `GRANT ALL ON orders TO ${role}` : `GRANT ALL ON ${server.name}.* TO ${role}@'%'`],
    });
  });
  afterAll(() =>
    server.admin.run(onPostgres ? [`DROP OWNED BY ${role}`, `DROP ROLE ${role}`] : [`DROP USER ${role}@'%'`]),
  );

  skillContract({
    agent: databaseAgent,
    skill: "db.session_kill",
    where: server.label,
    async subject() {
      const customers = await shop(3);
      return {
        config: { connection_url: server.url },
        params: { count: 2, user: role },
        oracle: {
          differences,
          patience: 2_000,
          async photograph() {
            await customers.look();
            return await photograph(server.url, server.engine);
          },
        },
        observeEffect: async () => (await customers.look()) === 2,
        [Symbol.asyncDispose]: () => customers[Symbol.asyncDispose](),
      };
    },
  });

  describe("db.session_kill", () => {
    test("ends as many as asked for, whose work is rolled back, and tells how many have come back", async () => {
      await using database = await open();
      await using customers = await shop(4);
      for (const [n, customer] of customers.customers.entries()) {
        await customer.ask("BEGIN");
        await customer.ask(`INSERT INTO orders VALUES (${n})`);
      }
      const one = await fault(database, { percent: "50%", user: role });
      expect(one.thing.label).toBe(`end 2 of 4 sessions of ${role} in ${server.name}`);
      expect(one.thing.cost).toMatchObject({ sessions: 2 });
      const record = await one.announce();
      await one.act();
      const witnessed = await sessionKill.witness(database, one.thing, [record], one.context);
      expect(witnessed).toEqual({ landed: true, detail: "2 of 2 sessions gone" });
      const undone = () => sessionKill.undo(database, record, one.context);
      expect((await undone()).detail).toContain(`2 sessions of ${role} in ${server.name} now, 4 before`);
      const ended = customers.customers.map((customer) =>
        customer.ask("COMMIT").then(
          () => 0,
          () => 1,
        ),
      );
      expect((await Promise.all(ended)).reduce<number>((sum, n) => sum + n, 0)).toBe(2);
      const [row] = await server.admin.query("SELECT count(*) AS n FROM orders");
      expect(Number(row!["n"])).toBe(2);
      await customers.look();
      expect((await undone()).detail).toContain("4 sessions of");
      await server.admin.run(["DELETE FROM orders"]);
    });

    test("spares administrators, ourselves, the other databases and whoever came after", async () => {
      await using database = await open();
      await using ours = await database.session("chaos/another-run/1");
      await using admin = await new Customer("psql", server.url).connect();
      await using customers = await shop(2);
      const one = await fault(database, { percent: 100 });
      expect(one.thing.label).toMatch(/^end 2 of 2 /);
      await one.announce();
      await using late = await shop(1);
      await one.act();
      expect(await customers.look()).toBe(2);
      expect(await late.look()).toBe(0);
      expect(await admin.look()).toBe(false);
      await expect(ours.query("SELECT 1")).resolves.toHaveLength(1);
    });

    test("as one of those users, needs no more rights and spares its own sessions", async () => {
      await using database = await open(shopUrl);
      await using ours = await database.session("chaos/another-run/1");
      await using customers = await shop(2);
      const one = await fault(database, { percent: 100, user: role });
      expect(one.thing.label).toMatch(/^end 2 of 2 /);
      expect(await one.preflight()).toEqual([]);
      await one.announce();
      await one.act();
      expect(await customers.look()).toBe(2);
      await expect(ours.query("SELECT 1")).resolves.toHaveLength(1);
    });

    test("narrows by application and by idleness", async () => {
      await using database = await open();
      await using web = await shop(2, "shop/web");
      await using _back = await shop(3, "shop/back");
      if (onPostgres) {
        expect((await fault(database, { application: "shop/web" })).thing.label).toMatch(/^end 1 of 2 .*as shop\/web/);
      } else {
        const config = { connection_url: server.url };
        const reason = sessionKill.unsupported!(config, sessionKill.params.parse({ application: "shop/web" }));
        expect(reason).toContain("PostgreSQL's");
      }
      await web.customers[0]!.ask("BEGIN");
      await web.customers[0]!.ask("SELECT * FROM orders");
      const idle = () => fault(database, { idle_only: true, user: role }).then(({ thing }) => thing.label);
      // MySQL tells of transactions with some delay
      await expect.poll(idle, { timeout: 10_000, interval: 300 }).toMatch(/^end 1 of 4 /);
      await web.customers[0]!.ask("COMMIT");
    });

    test("does not end a session that has got the number of another", async () => {
      await using database = await open();
      await using customers = await shop(1);
      const one = await fault(database, { user: role });
      const record = await one.announce();
      const [victim] = record.victims;
      if (onPostgres) {
        const { postgresSessionKill } = await import("../postgres/session-kill.ts");
        await postgresSessionKill.end(
          database,
          { ...victim!, connectedAt: victim!.connectedAt! - 1 },
          one.context.signal,
        );
        expect(await customers.look()).toBe(0);
      }
      expect(await sessionKill.witness(database, one.thing, [record], one.context)).toMatchObject({ landed: false });
      const another = { ...record, victims: [{ ...victim!, client: "other" }] };
      expect(await sessionKill.witness(database, one.thing, [another], one.context)).toMatchObject({ landed: true });
    });

    test("says when nobody matches, and refuses count with percent", async () => {
      await using database = await open();
      await expect(fault(database, { user: "nobody-of-that-name" })).rejects.toMatchObject({ code: "nothing-matched" });
      const both = sessionKill.params.safeParse({ count: 1, percent: 10 });
      expect(both.error?.issues[0]?.message).toContain("not both");
    });

    test("says which GRANT is missing, and works with just those rights", async () => {
      const killer = `killer_${process.pid}_${server.version}`.replace(".", "_");
      const url = await server.admin.createUser(killer, {
        database: server.name,
        grants: onPostgres ? [] : [`GRANT SELECT ON ${server.name}.* TO ${killer}@'%'`],
      });
      try {
        await using customers = await shop(1);
        await using database = await open(url);
        if (onPostgres) {
          const missing = await (await fault(database, { user: role })).preflight();
          expect(missing).toHaveLength(2);
          await server.admin.run(missing.map(({ remedy }) => remedy!));
        } else {
          await expect(fault(database, { user: role })).rejects.toMatchObject({
            remedy: expect.stringContaining("GRANT PROCESS") as string,
          });
          await server.admin.run([`GRANT PROCESS ON *.* TO ${killer}@'%'`]);
          await using seeing = await open(url);
          const missing = await (await fault(seeing, { user: role })).preflight();
          expect(missing).toHaveLength(1);
          await server.admin.run(missing.map(({ remedy }) => remedy!));
        }
        await using granted = await open(url);
        const one = await fault(granted, { user: role });
        expect(await one.preflight()).toEqual([]);
        await one.announce();
        await one.act();
        expect(await customers.look()).toBe(1);
      } finally {
        await server.admin.run(
          onPostgres ? [`DROP OWNED BY ${killer}`, `DROP ROLE ${killer}`] : [`DROP USER ${killer}@'%'`],
        );
      }
    });
  });
});
