import type { Event } from "@chaos-agents/core";
import { HandClock } from "@chaos-agents/testkit/contract";
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { anyEvents } from "@chaos-agents/testkit/any-events";
import { samples, sumOf } from "./exposition.fixture.ts";
import { RunMetrics } from "./run-metrics.ts";

const runs = fc.tuple(anyEvents, anyEvents).map(([one, two]) => [one, two.map((event) => ({ ...event, run: "r2" }))]);

const listen = () => new RunMetrics({ clock: new HandClock() });

function tell(metrics: RunMetrics, events: readonly Event[]): void {
  for (const event of events) metrics.event(event, { run: event.run });
}

/** Undos recorded and not ended well; all of a run are done with where it says that nothing is left. */
function openUndos(events: readonly Event[]): number {
  const open = new Set<number>();
  for (const event of events) {
    if (event.type === "undo-recorded" && event.revision === 0) open.add(event.undo);
    if (event.type === "undo-finished" && event.outcome !== "failed") open.delete(event.undo);
    if (event.type === "run-finished" && event.left.length === 0) open.clear();
  }
  return open.size;
}

test("any events of any runs: counted once however often they are told, and counted right", async () => {
  await fc.assert(
    fc.asyncProperty(runs, fc.array(fc.nat(200)), async (told, restarts) => {
      const once = listen();
      for (const events of told) tell(once, events);
      const page = await once.text();

      const again = listen();
      for (const events of told) {
        tell(again, events);
        // a server that was restarted is told from somewhere in between once more
        for (const from of restarts) tell(again, events.slice(from));
      }
      expect(samples(await again.text())).toEqual(samples(page));

      const all = told.flat();
      const ofType = (type: Event["type"]) => all.filter((event) => event.type === type).length;
      const live = told.filter((events) => events.length > 0 && events.at(-1)!.type !== "run-finished");
      expect(sumOf(page, "chaos_runs_started_total")).toBe(ofType("run-started"));
      expect(sumOf(page, "chaos_runs_finished_total") + sumOf(page, "chaos_recoveries_finished_total")).toBe(
        ofType("run-finished"),
      );
      expect(sumOf(page, "chaos_undos_total")).toBe(ofType("undo-finished"));
      expect(sumOf(page, "chaos_undo_seconds_count")).toBe(ofType("undo-finished"));
      expect(sumOf(page, "chaos_guard_trips_total")).toBe(ofType("guard-tripped"));
      expect(sumOf(page, "chaos_runs_live")).toBe(live.length);
      expect(sumOf(page, "chaos_undos_pending", 'live="true"')).toBe(
        live.reduce((sum, events) => sum + openUndos(events), 0),
      );
      expect(sumOf(page, "chaos_undos_pending")).toBe(told.reduce((sum, events) => sum + openUndos(events), 0));
      for (const value of Object.values(samples(page))) expect(value).toBeGreaterThanOrEqual(0);
    }),
  );
});
