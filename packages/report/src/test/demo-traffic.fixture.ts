import { seededRandom } from "@chaos-agents/core";
import type { Moment } from "./demo-run.fixture.ts";

/** What clients of the shop felt, four times a second, and what the probes were told. */
export function trafficScript(undoAt: number, end: number, broken: boolean): Moment[] {
  const random = seededRandom(7);
  const jitter = (spread: number) => 1 + (random.next() - 0.5) * spread;
  const standing = (from: number, t: number, lasting = 0) => broken && t > from && t < undoAt + lasting;
  const moments: Moment[] = [];
  for (let t = 250; t < end; t += 250) {
    const load = broken && t > 5_500 && t < 9_000 ? 1 : 0;
    const flood = standing(10_000, t, 200) ? 1 : 0;
    const lock = standing(13_000, t, 500) ? Math.min(1, (t - 13_000) / 2_000) : 0;
    const catching = broken && t > undoAt + 300 && t < undoAt + 1_700 ? 1 : 0;
    const throughput = 860 * jitter(0.08) * (1 - 0.18 * load) * (1 - 0.12 * flood) * (1 - 0.55 * lock) + 260 * catching;
    const p50 = 3.1 * jitter(0.2) * (1 + load + 0.8 * flood + 0.6 * lock);
    const p95 = 11 * jitter(0.25) * (1 + 2.2 * load + 1.5 * flood) + lock * 1_900 * jitter(0.15) + catching * 240;
    const p99 = p95 * (1.6 + random.next() * 0.5) + lock * 400;
    const errors = Math.floor((flood * 6 + lock * 14) * random.next() * 1.6);
    const values = { throughput, p50: lock > 0.9 && random.next() < 0.04 ? null : p50, p95, p99, errors };
    moments.push([
      t,
      { type: "sampled", source: "traffic", values, units: { throughput: "/s", p50: "ms", p95: "ms", p99: "ms" } },
    ]);
    if (t % 1_000 === 0 && t > (broken ? 5_500 : 500)) {
      const blocked = standing(13_000, t, 900);
      const slow = 8 * jitter(0.4) * (1 + flood * 2.5);
      const order = blocked
        ? { ok: false, value: null, latencyMs: null, detail: "canceling statement due to statement timeout" }
        : { ok: true, value: 1, latencyMs: 13 * jitter(0.3) * (1 + flood), detail: "1 row" };
      moments.push([
        t + 9,
        {
          type: "probe-answered",
          role: "steady-state",
          probe: "catalogue answers",
          ok: true,
          value: 200,
          latencyMs: slow,
          detail: "200 OK",
        },
      ]);
      moments.push([
        t + 14,
        { type: "probe-answered", role: "steady-state", probe: "an order can be placed", ...order },
      ]);
    }
    if (broken && t > 5_500 && t <= undoAt && t % 500 === 0) {
      const left = undoAt - t < 400 && undoAt < 25_000 ? 1 : 92 - flood * (78 + random.below(5)) + random.below(3);
      const ok = left >= 3;
      const detail = ok ? `${left} of 100` : `${left} of 100; ${left} is not >= 3`;
      moments.push([
        t + 2,
        {
          type: "probe-answered",
          role: "guard",
          probe: "connections left",
          ok,
          value: left,
          latencyMs: 1.4 * jitter(0.3),
          detail,
        },
      ]);
    }
  }
  return moments;
}
