import { StopSource } from "@chaos-agents/engine";
import { photograph, residues } from "@chaos-agents/testkit";
import { experimentOf, Stage, standing } from "@chaos-agents/testkit/contract";
import { forEachDatabase } from "@chaos-agents/testkit/vitest";
import { beforeAll, expect, test } from "vitest";
import { databaseAgent } from "../agent.ts";
import { selectLoad } from "./select-load.ts";

forEachDatabase(
  (database) => {
    const onPostgres = database.engine === "postgres";

    beforeAll(async () => {
      const rows = Array.from({ length: 300 }, (_, n) => `(${n}, 'note ${n}', ${n * 7})`).join(", ");
      await database.admin.run([
        "CREATE TABLE orders (id int PRIMARY KEY, note varchar(40), total int)",
        `INSERT INTO orders VALUES ${rows}`,
      ]);
    });

    const look = () => photograph(database.url, database.engine);
    const experiment = (rawParams: Record<string, unknown>) =>
      experimentOf({
        targets: { main: { kind: "database", config: databaseAgent.config.parse({ connection_url: database.url }) } },
        skills: [{ skill: "db.select_load", params: selectLoad.params.parse(rawParams), count: 1, target: "main" }],
        duration: 3_600_000,
      });

    /** The server's own count of its work: PostgreSQL's of scans of our table, MariaDB's of prepared statements it has run. */
    async function counted(): Promise<number> {
      const [row] = await database.admin.query(
        onPostgres
          ? "SELECT seq_scan + idx_scan AS n FROM pg_stat_user_tables WHERE relname = 'orders'"
          : "SELECT variable_value AS n FROM information_schema.global_status WHERE variable_name = 'Com_stmt_execute'",
      );
      return Number(row!["n"]);
    }

    /** Sessions of the load, not the one that its run keeps. */
    async function loading(): Promise<number> {
      const [row] = await database.admin.query(
        onPostgres
          ? "SELECT count(*) AS n FROM pg_stat_activity WHERE application_name LIKE 'chaos/%/%'"
          : "SELECT count(*) - 1 AS n FROM information_schema.processlist WHERE db = DATABASE() AND id <> connection_id()",
      );
      return Number(row!["n"]);
    }

    test.each(["mixed", "point"])(
      "[CA-22] %s queries reach the server in the number asked for, and change nothing",
      async (mix) => {
        await using stage = await Stage.open({ agents: [databaseAgent], probes: [] });
        const before = await look();
        const logged = (await database.statements())?.length ?? 0;
        const countedBefore = await counted();
        const stop = new StopSource();
        const running = stage.run(experiment({ query_count: 120, tables: ["orders"], concurrency: 4, mix }), { stop });
        await standing(stage, running);
        // before 15, PostgreSQL's statistics go through UDP and may lose some: the exact number is in the log
        const surely = onPostgres && database.version < 15 ? 1 : 120;
        await expect.poll(counted, { timeout: 10_000 }).toBeGreaterThanOrEqual(countedBefore + surely);
        stop.stop("interrupt", "seen enough");
        expect(await running).toMatchObject({ left: [] });
        expect(stage.of("fault-failed")).toEqual([]);
        expect(stage.of("fault-witnessed")).toMatchObject([{ landed: true, seen: "effect" }]);
        const sent = (await database.statements())?.slice(logged);
        if (sent) {
          const onOrders = sent.filter(({ sql }) => /^SELECT [^]* FROM \S*orders\b/.test(sql));
          // MariaDB logs the values; what is asked only once is how it chose the keys to look up
          const withoutValues = (sql: string) => sql.replaceAll(/'[^']*'|\b\d+\b/g, "?");
          const asked = [...Map.groupBy(onOrders, ({ sql }) => withoutValues(sql)).values()].filter(
            ({ length }) => length > 4,
          );
          expect(asked.flat()).toHaveLength(120);
          expect(asked).toHaveLength(mix === "point" ? 1 : 5);
          expect(new Set(asked.flat().map(({ session }) => session)).size).toBe(4);
        }
        await expect.poll(async () => residues(before, await look()), { timeout: 5_000 }).toEqual([]);
      },
    );

    test("[CA-22] it ends its queries and its sessions at once when it is asked to stop", async () => {
      await using stage = await Stage.open({ agents: [databaseAgent], probes: [] });
      const before = await look();
      const stop = new StopSource();
      const running = stage.run(experiment({ query_count: 10_000_000, tables: ["orders"], concurrency: 4 }), { stop });
      await stage.seen("fault-progressed");
      expect(await loading()).toBe(4);
      stop.stop("interrupt", "enough");
      expect(await running).toMatchObject({ verdict: "interrupted", left: [] });
      expect(stage.of("verified").flatMap((event) => event.residues)).toEqual([]);
      await expect.poll(async () => residues(before, await look()), { timeout: 5_000 }).toEqual([]);
    });
  },
  { alone: true },
);
