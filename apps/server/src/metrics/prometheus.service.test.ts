import { once } from "node:events";
import { readFile, writeFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { checkRules, prometheusMissing, type PrometheusServer, startPrometheus } from "@chaos-agents/testkit";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { dashboardQueries, observability } from "./dashboard.fixture.ts";
import { RunMetrics } from "./run-metrics.ts";
import { eventsOf, leftOver, putBack, recovery, standing } from "./some-run.fixture.ts";

const missing = process.env["CI"] === "true" ? undefined : prometheusMissing();
const token = "a token of the room 4711";
const within = { timeout: 30_000, interval: 100 };

let metrics: RunMetrics;
let room: Server;
let refused: number;
let prometheus: PrometheusServer;

beforeAll(async () => {
  if (missing) return;
  metrics = new RunMetrics({ version: "0.1.0" });
  refused = 0;
  room = createServer((request, response) => {
    if (request.url !== "/metrics" || request.headers.authorization !== `Bearer ${token}`) {
      refused += 1;
      response.writeHead(401).end();
      return;
    }
    response.writeHead(200, { "content-type": metrics.contentType });
    void metrics.text().then((page) => response.end(page));
  });
  room.listen(0, "127.0.0.1");
  await once(room, "listening");
  const { port } = room.address() as AddressInfo;
  prometheus = await startPrometheus({
    from: observability,
    async adapt(folder) {
      const file = join(folder, "prometheus.yml");
      const config = await readFile(file, "utf8");
      await writeFile(file, config.replaceAll(": 15s", ": 200ms").replace("127.0.0.1:8888", `127.0.0.1:${port}`));
      await writeFile(join(folder, "chaos-token"), `${token}\n`);
    },
  });
});

afterAll(async () => {
  await prometheus?.[Symbol.asyncDispose]();
  room?.close();
  room?.closeAllConnections();
});

async function ask(path: string, params: Record<string, string> = {}): Promise<any> {
  const response = await fetch(`${prometheus.url}/api/v1/${path}?${new URLSearchParams(params).toString()}`);
  const { status, data, error } = (await response.json()) as { status: string; data: any; error?: string };
  expect(status, `${params["query"] ?? path}: ${error}`).toBe("success");
  return data;
}

/** The numbers of an instant query, by one label. */
async function query(text: string, label = "__name__"): Promise<Record<string, number>> {
  const { result } = await ask("query", { query: text });
  return Object.fromEntries(result.map(({ metric, value }: any) => [metric[label] ?? "", Number(value[1])]));
}

async function alerts(): Promise<Record<string, string>> {
  const data = await ask("alerts");
  return Object.fromEntries(data.alerts.map(({ labels, state }: any) => [labels.alertname, state]));
}

describe.skipIf(missing)(`a real Prometheus${missing ? ` (${missing})` : ""}`, () => {
  test("[CA-52] scrapes runs with a token, and has the alerts that are documented", async () => {
    await expect.poll(async () => await query("chaos_runs_live"), within).toEqual({ chaos_runs_live: 0 });
    expect(refused).toBe(0);
    expect(await alerts()).toEqual({});

    for (const event of eventsOf("r1", standing)) metrics.event(event, { run: "r1" });
    await expect.poll(async () => await query('chaos_undos_pending{live="true"}', "live"), within).toEqual({ true: 2 });
    expect(await query("chaos_phase_runs == 1", "phase")).toEqual({ observe: 1 });
    expect(await query('histogram_quantile(0.5, chaos_probe_latency_seconds_bucket{role="guard"})', "probe")).toEqual({
      errors: expect.closeTo(0.75, 5),
    });
    await expect.poll(alerts, within).toEqual({ ChaosGuardTripped: "firing" });

    for (const event of eventsOf("r1", leftOver, standing.length)) metrics.event(event, { run: "r1" });
    await expect.poll(alerts, within).toEqual({
      ChaosGuardTripped: "firing",
      ChaosRollbackIncomplete: "firing",
      ChaosUndosPendingWithoutRun: "pending",
    });
    const counted = "sum by (outcome) (chaos_undos_total)";
    expect(await query(counted, "outcome")).toEqual({ undone: 1, failed: 1 });

    const after = standing.length + leftOver.length;
    for (const event of eventsOf("r1", recovery, after)) metrics.event(event, { run: "r1" });
    await expect.poll(alerts, within).toEqual({ ChaosGuardTripped: "firing" });
    expect(await query(counted, "outcome")).toEqual({ undone: 2, failed: 1 });
  });

  test("understands every query of the dashboard, and finds a metric of ours in each", async () => {
    for (const event of eventsOf("r2", [...standing, ...putBack])) metrics.event(event, { run: "r2" });
    const back = "chaos_steady_again_seconds_count";
    await expect.poll(async () => await query(back), within).toEqual({ [back]: 1 });
    const { instance } = (await ask("query", { query: "chaos_runs_live" })).result[0].metric;
    const known = new Set<string>(await ask("label/__name__/values"));
    for (const expr of await dashboardQueries()) {
      await ask("query", {
        query: expr.replaceAll("$instance", instance).replaceAll("$__rate_interval", "1m").replaceAll("$__range", "6h"),
      });
      const names = expr.match(/\b(?:chaos|process)_\w+/g) ?? [];
      expect(names, expr).not.toEqual([]);
      for (const name of names) expect(known, expr).toContain(name);
    }
  });

  test("promtool finds nothing wrong with the alert rules", () => {
    expect(checkRules(join(observability, "chaos_alerts.yml"))).toContain("SUCCESS: 5 rules found");
  });
});
