import { type Held, seededRandom, type SkillContext, systemClock, type Thing } from "@chaos-agents/core";
import { differences, photograph, quoteName } from "@chaos-agents/testkit";
import { forEachDatabase } from "@chaos-agents/testkit/vitest";
import { beforeAll, describe, expect, test } from "vitest";
import { databaseAgent } from "../agent.ts";
import type { Database } from "../database.ts";
import { tableLock } from "./table-lock.ts";

const run = `test-${process.pid}`;
let faults = 0;

forEachDatabase((server) => {
  const onPostgres = server.engine === "postgres";
  const open = async (url = server.url): Promise<Database> => {
    const config = databaseAgent.config.parse({ connection_url: url });
    const context = { mark: `chaos/${run}`, signal: AbortSignal.timeout(60_000), clock: systemClock };
    return (await databaseAgent.connect(config, context)) as Database;
  };

  /** One fault, driven by hand as the engine would. */
  async function fault(database: Database, rawParams: Record<string, unknown>) {
    const stopping = new AbortController();
    const id = String(++faults);
    const context: SkillContext = {
      run,
      fault: id,
      mark: `chaos/${run}/${id}`,
      signal: stopping.signal,
      clock: systemClock,
      random: seededRandom(1),
    };
    const held: Held[] = [];
    const notes: string[] = [];
    const params = tableLock.params.parse(rawParams);
    const things = await tableLock.resolve(database, params, { ...context, matchesFilters: () => true });
    const [thing] = things as [Thing<any>];
    const steps = tableLock.inject(database, thing, {
      ...context,
      hold: (one) => void held.push(one),
      progress: () => undefined,
      note: (message) => void notes.push(message),
    });
    const { value } = await steps.next();
    const { record } = value!;
    const recovery = { ...context, signal: AbortSignal.timeout(60_000) };
    return {
      context: recovery,
      thing,
      record,
      held,
      notes,
      inject: () => steps.next(1),
      abort: () => stopping.abort(new Error("stop")),
      letGo: () => Promise.all(held.map((one) => one[Symbol.asyncDispose]())),
      undo: async (target: Database) => {
        await tableLock.fence!(target, [record], recovery);
        return tableLock.undo(target, record, recovery);
      },
    };
  }

  /** Whether a reader, or a writer, has to wait: asked by the administrator, who knows nothing of us. */
  async function waits(table: string, statement: "read" | "write" = "read"): Promise<boolean> {
    const name = quoteName[server.engine](table);
    const ask = statement === "read" ? `SELECT count(*) FROM ${name}` : `DELETE FROM ${name} WHERE 1 = 0`;
    const limit = onPostgres ? "SET lock_timeout = 200" : "SET lock_wait_timeout = 1, innodb_lock_wait_timeout = 1";
    try {
      await server.admin.run([limit, ask]);
      return false;
    } catch (error) {
      const { code, errno } = error as { code?: string; errno?: number };
      expect(onPostgres ? code : errno).toBe(onPostgres ? "55P03" : 1205);
      return true;
    }
  }

  const sight = () => photograph(server.url, server.engine);

  beforeAll(() =>
    server.admin.run([
      "CREATE TABLE orders (id int PRIMARY KEY, note varchar(40))",
      "INSERT INTO orders VALUES (1, 'a'), (2, NULL)",
      `CREATE TABLE ${quoteName[server.engine]('Order "Items"; --')} (id int PRIMARY KEY)`,
    ]),
  );

  describe("db.table_lock", () => {
    test("changes nothing before its record is on disk, then keeps others waiting, and is gone after", async () => {
      const before = await sight();
      await using database = await open();
      const one = await fault(database, { tables: ["orders"] });
      expect(await waits("orders")).toBe(false);
      await one.inject();
      expect(await waits("orders")).toBe(true);
      expect(await tableLock.witness(database, one.thing, [one.record], one.context)).toMatchObject({ landed: true });
      expect(await tableLock.verify(database, one.record, one.context)).not.toEqual([]);
      await one.letGo();
      expect(await one.undo(database)).toMatchObject({ outcome: "undone" });
      expect(await waits("orders")).toBe(false);
      expect(await tableLock.verify(database, one.record, one.context)).toEqual([]);
      expect(await one.undo(database)).toMatchObject({ outcome: "already" });
      expect(await tableLock.witness(database, one.thing, [one.record], one.context)).toMatchObject({ landed: false });
      await database[Symbol.asyncDispose]();
      await expect.poll(async () => differences(before, await sight())).toEqual([]);
    });

    test("is undone by another process while the first still holds it, and the first notices", async () => {
      await using database = await open();
      const one = await fault(database, { tables: ["orders"] });
      await one.inject();
      await using other = await open();
      expect(await one.undo(other)).toMatchObject({ outcome: "undone" });
      expect(await waits("orders")).toBe(false);
      expect(await one.held[0]!.lost).toMatch(/^session \d+ ended/);
      expect(await one.undo(database)).toMatchObject({ outcome: "already" });
      await one.letGo();
    });

    test("has nothing to undo when it never happened", async () => {
      await using database = await open();
      const one = await fault(database, { tables: ["orders"] });
      expect(await one.undo(database)).toMatchObject({ outcome: "already" });
    });

    test("waits without piling up, says for whom, and stops when told to", async () => {
      await using database = await open();
      await using reader = await database.session("chaos-test-reader");
      await reader.query("BEGIN");
      await reader.query("SELECT * FROM orders");
      const one = await fault(database, { tables: ["orders"] });
      const injecting = one.inject();
      injecting.catch(() => undefined);
      await expect.poll(() => one.notes, { timeout: 10_000 }).toHaveLength(1);
      expect(one.notes[0]).toContain("waiting for ");
      if (onPostgres) expect(one.notes[0]).toContain(`backend ${reader.id}`);
      one.abort();
      await expect(injecting).rejects.toThrow("stop");
      await one.letGo();
      expect(await one.undo(database)).toMatchObject({ outcome: "undone" });
      await reader.query("COMMIT");
      expect(await waits("orders")).toBe(false);
    });

    test("lets readers through in read mode, and only them", async () => {
      await using database = await open();
      const one = await fault(database, { tables: ["orders"], mode: "read" });
      await one.inject();
      expect(await waits("orders", "read")).toBe(false);
      expect(await waits("orders", "write")).toBe(true);
      expect(await tableLock.witness(database, one.thing, [one.record], one.context)).toMatchObject({ landed: true });
      await one.letGo();
      await one.undo(database);
      expect(await waits("orders", "write")).toBe(false);
    });

    test("takes tables of any name", async () => {
      await using database = await open();
      const one = await fault(database, { tables: ['Order "Items"; --'] });
      await one.inject();
      expect(await waits('Order "Items"; --')).toBe(true);
      await one.letGo();
      await one.undo(database);
    });

    test("says which GRANT is missing, and works with just those rights", async () => {
      const role = `locker_${process.pid}_${server.version}`.replace(".", "_");
      const url = await server.admin.createUser(role, {
        database: server.name,
        grants: onPostgres ? [] : [`GRANT SELECT ON ${server.name}.* TO ${role}@'%'`],
      });
      try {
        await using database = await open(url);
        const one = await fault(database, { tables: ["orders"] });
        const preflight = () => tableLock.preflight!(database, [one.thing], tableLock.params.parse({}), one.context);
        const findings = await preflight();
        expect(findings).not.toEqual([]);
        expect(findings.every(({ code }) => code === "permission-missing")).toBe(true);
        await server.admin.run(findings.map(({ remedy }) => remedy!));
        await using granted = await open(url);
        const again = await fault(granted, { tables: ["orders"] });
        expect(await tableLock.preflight!(granted, [again.thing], tableLock.params.parse({}), again.context)).toEqual(
          [],
        );
        await again.inject();
        expect(await waits("orders")).toBe(true);
        await using other = await open(url);
        expect(await again.undo(other)).toMatchObject({ outcome: "undone" });
        expect(await waits("orders")).toBe(false);
        await again.letGo();
      } finally {
        const gone = onPostgres ? [`DROP OWNED BY ${role}`, `DROP ROLE ${role}`] : [`DROP USER ${role}@'%'`];
        await server.admin.run(gone);
      }
    });

    test("refuses a mode of the other engine before anything is connected", () => {
      const reason = tableLock.unsupported!(
        { connection_url: server.url },
        tableLock.params.parse({ mode: "row share" }),
      );
      if (onPostgres) expect(reason).toBeUndefined();
      else expect(reason).toContain("PostgreSQL's");
    });
  });
});
