import type { Skill } from "@chaos-agents/core";
import { StopSource } from "@chaos-agents/engine";
import { experimentOf, Stage, standing } from "@chaos-agents/testkit/contract";
import { forEachDatabase } from "@chaos-agents/testkit/vitest";
import { beforeAll, expect, test } from "vitest";
import { databaseAgent } from "../agent.ts";
import { selectLoad } from "./select-load.ts";
import { tableLock } from "./table-lock.ts";

forEachDatabase((database) => {
  beforeAll(async () => {
    await database.admin.query("CREATE TABLE orders (id int PRIMARY KEY, note varchar(40), total int)");
    const rows = Array.from({ length: 300 }, (_, n) => `(${n}, 'note ${n}', ${n * 7})`).join(", ");
    await database.admin.query(`INSERT INTO orders VALUES ${rows}`);
  });

  test.each(["mixed", "point"])(
    "[CA-22] %s queries reach the server, read only, and leave nothing behind",
    async (mix) => {
      const params = selectLoad.params.parse({ query_count: 120, tables: ["orders"], concurrency: 4, mix });
      await using stage = await Stage.open({ agents: [databaseAgent], probes: [] });
      const experiment = experimentOf({
        targets: { main: { kind: "database", config: databaseAgent.config.parse({ connection_url: database.url }) } },
        skills: [{ skill: "db.select_load", params, count: 1, target: "main" }],
        duration: 60_000,
      });
      const before = (await database.statements())?.length ?? 0;
      const stop = new StopSource();
      const running = stage.run(experiment, { stop });
      await standing(stage, running);
      stop.stop("interrupt", "seen enough");
      expect(await running).toMatchObject({ left: [] });
      expect(stage.of("fault-failed")).toEqual([]);
      expect(stage.of("fault-witnessed")).toMatchObject([{ landed: true, seen: "effect" }]);
      const sent = ((await database.statements()) ?? [])
        .slice(before)
        .filter(({ sql }) => /^\s*SELECT .* FROM .*orders/s.test(sql));
      expect(sent.length).toBeGreaterThanOrEqual(120);
      expect(Number((await database.admin.query("SELECT count(*) AS n FROM orders"))[0]!["n"])).toBe(300);
    },
  );

  const use = (skill: Skill, params: object) => {
    return {
      skill: skill.name,
      params: skill.params.parse({ tables: ["orders"], ...params }),
      count: 1,
      target: "main",
    };
  };
  const targets = () => ({
    main: { kind: "database", config: databaseAgent.config.parse({ connection_url: database.url }) },
  });
  const waiting = async () => {
    const sql =
      database.engine === "postgres"
        ? "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
        : "SELECT 1 FROM information_schema.processlist WHERE db = DATABASE() AND state LIKE 'Waiting for table metadata lock'";
    return (await database.admin.query(sql)).length;
  };

  test("[CA-22] on a table that we ourselves have locked it waits, and reads once the lock has had its time", async () => {
    await using stage = await Stage.open({ agents: [databaseAgent], probes: [] });
    const lock = { ...use(tableLock, {}), duration: 2_500 };
    const experiment = experimentOf({
      targets: targets(),
      skills: [lock, use(selectLoad, { query_count: 50, concurrency: 4 })],
      duration: 3_600_000,
    });
    const stop = new StopSource();
    const running = stage.run(experiment, { stop });
    await standing(stage, running);
    stop.stop("interrupt", "seen enough");
    expect(await running).toMatchObject({ left: [] });
    expect(stage.of("fault-failed")).toEqual([]);
    expect(stage.of("fault-injected").map(({ fault }) => fault)).toEqual(["1", "2"]);
  });

  test("[CA-22] while it waits for a lock it stops at once, and nothing of it waits on", async () => {
    await using stage = await Stage.open({ agents: [databaseAgent], probes: [] });
    const skills = [use(tableLock, {}), use(selectLoad, { concurrency: 4 })];
    const stop = new StopSource();
    const running = stage.run(experimentOf({ targets: targets(), skills, duration: 3_600_000 }), { stop });
    await expect.poll(waiting, { timeout: 30_000 }).toBeGreaterThan(0);
    stop.stop("interrupt", "enough");
    expect(await running).toMatchObject({ verdict: "interrupted", left: [] });
    expect(stage.of("fault-failed")).toEqual([]);
    expect(await waiting()).toBe(0);
  });

  test("[CA-22] it stops at once when it is asked to", async () => {
    const params = selectLoad.params.parse({ query_count: 10_000_000, tables: ["orders"], concurrency: 4 });
    await using stage = await Stage.open({ agents: [databaseAgent], probes: [] });
    const experiment = experimentOf({
      targets: { main: { kind: "database", config: databaseAgent.config.parse({ connection_url: database.url }) } },
      skills: [{ skill: "db.select_load", params, count: 1, target: "main" }],
      duration: 3_600_000,
    });
    const stop = new StopSource();
    const running = stage.run(experiment, { stop });
    await stage.seen("fault-progressed");
    stop.stop("interrupt", "enough");
    expect(await running).toMatchObject({ verdict: "interrupted", left: [] });
  });
});
