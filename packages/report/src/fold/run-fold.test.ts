import type { EventOf } from "@chaos-agents/core";
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { renderHtml } from "../html/render-html.ts";
import { renderJson } from "../export/render-json.ts";
import { renderJunit } from "../export/render-junit.ts";
import { renderText } from "../terminal/render-text.ts";
import type { RunReport } from "../report.ts";
import { anyEvents } from "@chaos-agents/testkit/any-events";
import { demoRun } from "../test/demo-run.fixture.ts";
import { foldRun, RunFold } from "./run-fold.ts";

const sum = (counts: Record<string, number>) => Object.values(counts).reduce((total, count) => total + count, 0);

test("any events in any order make a report whose counts add up", () => {
  fc.assert(
    fc.property(anyEvents, (events) => {
      const report = foldRun(events);
      const { faults, undos } = report.figures;
      const { planned, ...landings } = faults;
      expect(planned).toBe(report.faults.length);
      expect(sum(landings)).toBe(planned);
      const { total, ...outcomes } = undos;
      expect(total).toBe(report.undos.length);
      expect(sum(outcomes)).toBe(total);
      for (const probe of report.probes) {
        const { before, during, after } = probe.stats;
        expect(before.asked + during.asked + after.asked).toBeGreaterThanOrEqual(probe.points.length);
        for (const window of [before, during, after]) expect(window.failed).toBeLessThanOrEqual(window.asked);
      }
    }),
  );
});

test("what is in a report is in the order of the events", () => {
  fc.assert(
    fc.property(anyEvents, (events) => {
      const report = foldRun(events);
      const of = <T>(type: string) => events.filter((event) => event.type === type) as T[];
      expect(report.phases.map(({ phase }) => phase)).toEqual(
        of<{ phase: string }>("phase-started").map((e) => e.phase),
      );
      expect(report.checks.map(({ held }) => held)).toEqual(
        of<{ held: boolean }>("steady-state-checked").map((e) => e.held),
      );
      expect(report.trips.map(({ guard }) => guard)).toEqual(
        of<{ guard: string }>("guard-tripped").map((e) => e.guard),
      );
      const asked = of<{ probe: string; role: string; latencyMs: number }>("probe-answered");
      for (const { probe, role, points } of report.probes) {
        const own = asked.filter((event) => event.probe === probe && event.role === role);
        expect(points.map(({ latencyMs }) => latencyMs)).toEqual(own.map(({ latencyMs }) => latencyMs));
      }
    }),
  );
});

test("a run cut short reports exactly what its whole run had reported by then", () => {
  fc.assert(
    fc.property(anyEvents, fc.nat(80), (events, cut) => {
      const fold = new RunFold();
      const snapshots: RunReport[] = [];
      events.forEach((event, index) => {
        fold.add(event);
        if (index + 1 === Math.min(cut, events.length)) snapshots.push(fold.report);
      });
      for (const snapshot of snapshots) expect(foldRun(events.slice(0, cut))).toEqual(snapshot);
    }),
  );
});

test("every number said of measurements is one that was measured", () => {
  fc.assert(
    fc.property(anyEvents, (events) => {
      const report = foldRun(events);
      for (const { points, stats } of report.probes) {
        const measured = new Set(points.map(({ latencyMs }) => latencyMs));
        for (const event of events) {
          if (event.type === "steady-state-checked") for (const { latencyMs } of event.answers) measured.add(latencyMs);
        }
        for (const window of [stats.before, stats.during, stats.after]) {
          const { n, sum: _, ...said } = window.latencyMs;
          for (const value of Object.values(said)) {
            if (n === 0) expect(value).toBeNull();
            else expect(measured.has(value)).toBe(true);
          }
        }
      }
      for (const { t, columns } of report.sources)
        for (const { values } of columns) expect(values.length).toBe(t.length);
    }),
  );
});

test("every view shows any report", () => {
  fc.assert(
    fc.property(anyEvents, fc.integer({ min: 1, max: 200 }), (events, width) => {
      const report = foldRun(events);
      expect(renderHtml(report)).toContain("</html>");
      expect(renderText(report, { color: true, width })).not.toBe("");
      expect(JSON.parse(renderJson(report))).toMatchObject({ format: 1 });
      expect(renderJunit(report)).toContain("</testsuites>");
    }),
  );
});

test("a run that never finished has no verdict, and says how to recover", () => {
  const report = foldRun(demoRun({ killedAt: 17_000 }));
  expect(report).toMatchObject({ verdict: null, exitCode: null, retry: "chaos recover 20261122-093004-k7qd" });
  expect(report.reason).toBe("unfinished: run `chaos recover 20261122-093004-k7qd`");
  expect(report.left.map(({ thing }) => thing)).toEqual(["public.orders", "shop", "public.orders", "work_mem"]);
  expect(report.disturbed).toEqual({ from: 5_500, until: null });
});

test("an undo that failed before the process died is still to be done", () => {
  const report = foldRun(demoRun({ stuck: true, killedAt: 30_200 }));
  expect(report.left).toContainEqual(
    expect.objectContaining({ undo: 4, why: 'permission denied to set parameter "work_mem"' }),
  );
  expect(report.left.map(({ undo }) => undo)).toEqual([1, 2, 3, 4]);
});

test("a recovery by another process, hours later, completes the same report", () => {
  const report = foldRun(demoRun({ killedAt: 17_000, recoveredAfter: 7_200_000 }));
  expect(report).toMatchObject({ verdict: "interrupted", exitCode: 130, left: [] });
  expect(report.sessions.map(({ by }) => by)).toEqual([null, "chaos recover on ops-2"]);
  expect(report.sessions[0]!.lastAt).toBeLessThanOrEqual(17_000);
  expect(report.phases.find(({ phase }) => phase === "observe")!.endedAt).toBeLessThanOrEqual(17_000);
  expect(report.figures.undos).toMatchObject({ total: 4, exact: 3, compensated: 1, pending: 0 });
});

test("a recovery that tells of records only still ends their faults", () => {
  const events = demoRun({ killedAt: 17_000, recoveredAfter: 5_000 }).filter(({ type }) => type !== "fault-undone");
  const states = foldRun(events).faults.map(({ state, outcome }) => [state, outcome]);
  expect(states).toEqual(Array.from({ length: 4 }, () => ["undone", "undone"]));
});

test("the demo's figures are those of its traffic", () => {
  const { figures, sources } = foldRun(demoRun());
  const p95 = sources[0]!.columns.find(({ name }) => name === "p95")!;
  expect(figures.worstP95).toEqual({ of: "traffic", before: p95.stats.before.max, during: p95.stats.during.max });
  const during = demoRun().flatMap((event) =>
    event.type === "sampled" && event.at - demoRun()[0]!.at >= 5_500 && event.at - demoRun()[0]!.at <= 31_277
      ? [event.values.errors!]
      : [],
  );
  expect(figures.errors!.during).toBe(during.reduce((total, count) => total + count, 0));
  expect(figures).toMatchObject({ recoveryMs: 1_437, faults: { planned: 4, landed: 4 } });
});

test("a fault is worth no more than its least thing, from its plan on", () => {
  const told = demoRun();
  const planned = told.find(({ type }) => type === "planned") as EventOf<"planned">;
  const [fault] = planned.faults as [(typeof planned.faults)[number]];
  const [thing] = fault.things as [(typeof fault.things)[number]];
  const things = [
    { ...thing, reversal: "compensated" as const },
    { ...thing, key: "another", reversal: "exact" as const },
  ];
  const worth = (faults: (typeof planned)["faults"]) => foldRun([{ ...planned, faults }]).faults[0]!.reversal;
  expect(worth([{ ...fault, reversal: "exact", things }])).toBe("compensated");
  expect(worth([{ ...fault, reversal: "exact", things: [] }])).toBe("exact");
});
