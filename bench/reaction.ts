import { spawn } from "node:child_process";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { startPostgres } from "@chaos-agents/testkit";
import { Client } from "pg";
import { ChaosRun, chaos } from "./chaos.ts";
import { type BenchRow, quantile, seconds } from "./table.ts";

const breaches = 20;
const processes = 10;
const faultsEach = 10;

/** How fast we let go: when a guard is breached, and when somebody halts the machine. */
export async function reactionRows(home: string): Promise<BenchRow[]> {
  await using server = await startPostgres({ version: 18, settings: { max_connections: "300" } });
  const url = await server.createDatabase("bench");
  const client = new Client(url);
  await client.connect();
  try {
    await client.query(
      "CREATE TABLE alarm (n int); CREATE TABLE orders (id int PRIMARY KEY); INSERT INTO orders SELECT generate_series(1, 1000)",
    );
    return [await guardRow(home, url, client), await haltRow(home, url, client)];
  } finally {
    await client.end();
  }
}

async function guardRow(home: string, url: string, client: Client): Promise<BenchRow> {
  const delays: number[] = [];
  for (let n = 0; n < breaches; n++) {
    await client.query("TRUNCATE alarm");
    await using run = new ChaosRun(home, `guard-${n}`, {
      target: "database",
      target_config: { connection_url: url },
      duration: "5m",
      skills: [{ skill_name: "db.row_lock", params: { tables: ["orders"], rows: 5 } }],
      guards: [{ name: "alarm", type: "sql", query: "SELECT count(*) FROM alarm", expect: "== 0" }],
    });
    await run.seen("phase-started", ({ phase }) => phase === "observe");
    const { rows } = await client.query(
      "INSERT INTO alarm VALUES (1) RETURNING extract(epoch FROM clock_timestamp()) * 1000 AS at",
    );
    delays.push((await run.seen("undo-started")).at - Number(rows[0].at));
    await run.ended;
  }
  const p99 = quantile(delays, 0.99);
  return {
    what: `guard breached → first undo, ${breaches} times`,
    ours: `p99 ${seconds(p99)}`,
    rival: "–",
    ratio: null,
    aim: "p99 ≤ 1 s",
    met: p99 <= 1_000,
  };
}

async function haltRow(home: string, url: string, client: Client): Promise<BenchRow> {
  const shared = join(home, "halting");
  mkdirSync(shared, { recursive: true });
  const skills = [
    { skill_name: "db.idle_in_transaction", count: faultsEach, params: { sessions: 1, tables: ["orders"] } },
  ];
  await using runs = new AsyncDisposableStack();
  const standing = Array.from({ length: processes }, (_, n) =>
    runs.use(
      new ChaosRun(shared, `fault-${n}`, {
        target: "database",
        target_config: { connection_url: url },
        duration: "30m",
        skills,
      }),
    ),
  );
  await Promise.all(standing.map((run) => run.seen("phase-started", ({ phase }) => phase === "observe")));
  const ours = "SELECT count(*)::int AS n FROM pg_stat_activity WHERE application_name LIKE 'chaos/%/%'";
  const before = (await client.query(ours)).rows[0].n as number;
  const started = performance.now();
  const halt = spawn(chaos, ["halt"], { env: { ...process.env, CHAOS_HOME: join(shared, "state") }, stdio: "ignore" });
  const halted = new Promise((resolve) => halt.once("close", resolve));
  while ((await client.query(ours)).rows[0].n > 0) await new Promise((resolve) => setTimeout(resolve, 20));
  const took = performance.now() - started;
  await halted;
  await Promise.all(standing.map((run) => run.ended));
  return {
    what: `chaos halt, ${before} faults over ${processes} processes`,
    ours: seconds(took),
    rival: "–",
    ratio: null,
    aim: "≤ 5 s",
    met: before >= processes * faultsEach && took <= 5_000,
  };
}
