import type { EventBody } from "@chaos-agents/core";
import { HandClock } from "@chaos-agents/testkit/contract";
import { expect, test } from "vitest";
import { samples, sumOf } from "./exposition.fixture.ts";
import { RunMetrics } from "./run-metrics.ts";
import { eventsOf, leftOver, putBack, recovery, standing, startedAt } from "./some-run.fixture.ts";

class Listening {
  readonly clock = new HandClock();
  readonly metrics = new RunMetrics({ version: "0.1.0", clock: this.clock });
  #seq = 0;

  tell(bodies: readonly EventBody[]): void {
    for (const event of eventsOf("r1", bodies, this.#seq)) this.metrics.event(event, { run: "r1" });
    this.#seq += bodies.length;
  }

  async page(): Promise<string> {
    return await this.metrics.text();
  }

  async expectSamples(wanted: Record<string, number | undefined>): Promise<void> {
    const page = samples(await this.page());
    expect(Object.fromEntries(Object.keys(wanted).map((series) => [series, page[series]]))).toEqual(wanted);
  }
}

test("a run whose faults stand: live, in its phase, its undos pending", async () => {
  const listening = new Listening();
  listening.tell(standing);
  listening.clock.advance(24_000);
  await listening.expectSamples({
    'chaos_build_info{version="0.1.0"}': 1,
    chaos_runs_started_total: 1,
    chaos_runs_live: 1,
    'chaos_phase_runs{phase="observe"}': 1,
    'chaos_phase_runs{phase="inject"}': 0,
    'chaos_phase_age_seconds{phase="observe"}': 8,
    'chaos_phase_seconds_sum{phase="inject"}': 8,
    'chaos_phase_seconds_count{phase="inject"}': 1,
    'chaos_faults_total{skill="db.config_change",target_kind="database",state="started"}': 1,
    'chaos_faults_total{skill="db.config_change",target_kind="database",state="injected"}': 1,
    'chaos_witnesses_total{skill="db.config_change",landed="true"}': 2,
    'chaos_undos_pending{live="true"}': 2,
    'chaos_undos_pending{live="false"}': 0,
    'chaos_probe_answers_total{probe="answers",role="steady-state",ok="true"}': 2,
    'chaos_probe_answers_total{probe="errors",role="guard",ok="true"}': 1,
    'chaos_probe_answers_total{probe="errors",role="guard",ok="false"}': 1,
    'chaos_probe_latency_seconds_bucket{le="0.025",probe="answers",role="steady-state"}': 0,
    'chaos_probe_latency_seconds_bucket{le="0.05",probe="answers",role="steady-state"}': 2,
    'chaos_probe_latency_seconds_sum{probe="errors",role="guard"}': 0.9,
    'chaos_guard_trips_total{guard="errors"}': 1,
    'chaos_stops_total{by="guard"}': 1,
  });
});

test("a run that is put back: nothing pending, nothing live, each undo with its worth", async () => {
  const listening = new Listening();
  listening.tell([...standing, ...putBack]);
  await listening.expectSamples({
    chaos_runs_live: 0,
    'chaos_runs_finished_total{verdict="guarded"}': 1,
    'chaos_last_verdict_timestamp_seconds{verdict="guarded"}': startedAt / 1_000 + standing.length + putBack.length,
    'chaos_undos_total{skill="db.config_change",outcome="undone",worth="exact"}': 1,
    'chaos_undos_total{skill="db.config_change",outcome="undone",worth="compensated"}': 1,
    'chaos_undo_seconds_sum{outcome="undone"}': 0.04,
    'chaos_undos_pending{live="true"}': 0,
    'chaos_undos_pending{live="false"}': 0,
    'chaos_verifications_total{skill="db.config_change",clean="true"}': 2,
    'chaos_residues_total{skill="db.config_change"}': 0,
    chaos_steady_again_seconds_sum: 1.2,
    'chaos_phase_runs{phase="verify"}': 0,
    'chaos_phase_seconds_count{phase="verify"}': 1,
    chaos_runs_rollback_incomplete: 0,
  });
});

test("a rollback that stays incomplete is shown until a recovery ends well, which counts as no run", async () => {
  const listening = new Listening();
  listening.tell([...standing, ...leftOver]);
  await listening.expectSamples({
    chaos_runs_rollback_incomplete: 1,
    chaos_runs_live: 0,
    'chaos_undos_pending{live="false"}': 1,
    'chaos_undos_total{skill="db.config_change",outcome="failed",worth="exact"}': 1,
  });
  listening.tell(recovery);
  await listening.expectSamples({
    chaos_runs_rollback_incomplete: 0,
    'chaos_undos_pending{live="false"}': 0,
    'chaos_runs_finished_total{verdict="rollback-incomplete"}': 1,
    'chaos_runs_finished_total{verdict="interrupted"}': undefined,
    'chaos_recoveries_finished_total{verdict="interrupted"}': 1,
    'chaos_undos_total{skill="db.config_change",outcome="undone",worth="exact"}': 1,
  });
});

test("a rollback is incomplete, too, where all was undone and something was still found", async () => {
  const listening = new Listening();
  const residue: EventBody = {
    type: "verified",
    fault: "1",
    thing: "jit",
    undo: 2,
    residues: ["jit is off", "and so on"],
  };
  const left = [{ fault: "1", undo: 2, thing: "jit", label: "reset jit", why: "jit is off" }];
  const end: EventBody = {
    type: "run-finished",
    verdict: "rollback-incomplete",
    reason: "1 undo could not be done",
    left,
  };
  listening.tell([...standing, ...putBack.slice(0, -1), residue, end]);
  await listening.expectSamples({
    chaos_runs_rollback_incomplete: 1,
    'chaos_undos_pending{live="false"}': 0,
    'chaos_verifications_total{skill="db.config_change",clean="false"}': 1,
    'chaos_residues_total{skill="db.config_change"}': 2,
  });
});

test("a run that is cut off is no longer live, and its undos are nobody's until it is recovered", async () => {
  const listening = new Listening();
  listening.tell(standing);
  listening.metrics.cutOff({ run: "r1" });
  listening.metrics.cutOff({ run: "r1" });
  await listening.expectSamples({
    chaos_runs_cut_off_total: 1,
    chaos_runs_live: 0,
    'chaos_phase_runs{phase="observe"}': 0,
    'chaos_undos_pending{live="true"}': 0,
    'chaos_undos_pending{live="false"}': 2,
  });
  listening.tell(recovery.slice(0, 2));
  await listening.expectSamples({
    chaos_runs_live: 1,
    'chaos_phase_runs{phase="undo"}': 1,
    'chaos_phase_seconds_count{phase="observe"}': undefined,
    'chaos_undos_pending{live="true"}': 2,
    'chaos_undos_pending{live="false"}': 0,
  });
});

test("what runs left before the server began is shown, and goes with their recovery", async () => {
  const listening = new Listening();
  listening.metrics.known({ run: "r1", live: false, pending: 3, verdict: "rollback-incomplete" });
  listening.metrics.known({ run: "r0", live: false, pending: 0, verdict: "passed" });
  await listening.expectSamples({ chaos_runs_rollback_incomplete: 1, 'chaos_undos_pending{live="false"}': 3 });
  listening.tell(recovery.slice(0, 4));
  await listening.expectSamples({ chaos_runs_live: 1, 'chaos_undos_pending{live="true"}': 2 });
  listening.metrics.known({ run: "r1", live: true, pending: 3, verdict: "rollback-incomplete" });
  await listening.expectSamples({ 'chaos_undos_pending{live="true"}': 2 });
  listening.tell(recovery.slice(4));
  await listening.expectSamples({ chaos_runs_rollback_incomplete: 0, 'chaos_undos_pending{live="false"}': 0 });
});

test("what is known of a run without its events is what was said last", async () => {
  const listening = new Listening();
  listening.metrics.known({ run: "r1", live: true, pending: 3, verdict: null });
  await listening.expectSamples({ chaos_runs_live: 1, 'chaos_undos_pending{live="true"}': 3 });
  listening.metrics.known({ run: "r1", live: false, pending: 0, verdict: "interrupted" });
  await listening.expectSamples({ chaos_runs_live: 0, 'chaos_undos_pending{live="true"}': 0 });
});

test("an event that is told twice counts once, also after its run is over", async () => {
  const listening = new Listening();
  const events = eventsOf("r1", [...standing, ...putBack]);
  for (const event of events) listening.metrics.event(event, { run: "r1" });
  const once = samples(await listening.page());
  for (const event of events.slice(-12)) listening.metrics.event(event, { run: "r1" });
  expect(samples(await listening.page())).toEqual(once);
});

test("200 probes have names of their own, all further ones share one", async () => {
  const listening = new Listening();
  const probes = Array.from({ length: 500 }, (_, i) => `probe ${i}`);
  listening.tell(
    probes.map((probe) => ({
      type: "probe-answered",
      role: "guard",
      probe,
      ok: true,
      value: null,
      latencyMs: 3,
      detail: "",
    })),
  );
  const page = await listening.page();
  const series = Object.keys(samples(page)).filter((name) => name.startsWith("chaos_probe_answers_total"));
  expect(series).toHaveLength(201);
  await listening.expectSamples({
    'chaos_probe_answers_total{probe="probe 199",role="guard",ok="true"}': 1,
    'chaos_probe_answers_total{probe="other",role="guard",ok="true"}': 300,
  });
  expect(sumOf(page, "chaos_probe_latency_seconds_count")).toBe(500);
});

test("jobs and the process itself are on the page", async () => {
  const listening = new Listening();
  listening.metrics.jobs({ queued: 4, running: 2 });
  await listening.expectSamples({ 'chaos_jobs{state="queued"}': 4, 'chaos_jobs{state="running"}': 2 });
  expect(await listening.page()).toMatch(/^process_resident_memory_bytes \d+$/m);
});
