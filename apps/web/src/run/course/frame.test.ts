import { foldRun } from "@chaos-agents/report/browser";
import { demoRun } from "@chaos-agents/report/demo-run";
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { frameOf, reachOf } from "./frame.ts";

const minutes = 60_000;

test("what has been fills most of the axis, which grows in a few steps and never ends before now", () => {
  fc.assert(
    fc.property(fc.integer({ min: 20_000, max: 10_000_000 }), fc.option(fc.nat(10_000_000)), (elapsed, planned) => {
      const reach = reachOf(elapsed, planned);
      expect(reach).toBeGreaterThan(elapsed);
      expect(elapsed / reach).toBeGreaterThan(0.6);
    }),
  );
  const reaches = Array.from({ length: 600 }, (_, second) => reachOf(second * 1_000, 10 * minutes));
  expect(new Set(reaches).size).toBeLessThan(12);
});

test("the planned end is shown once it is not far away", () => {
  expect(reachOf(5_000, 10 * minutes)).toBe(15_000);
  expect(reachOf(9.5 * minutes, 10 * minutes)).toBe(10.4 * minutes);
  expect(reachOf(1_000, 2_000)).toBe(2_080);
});

test("a live run's axis knows its planned end until it undoes", () => {
  const events = demoRun();
  const undo = events.findIndex((event) => event.type === "phase-started" && event.phase === "undo");
  const before = frameOf(foldRun(events.slice(0, undo)), true);
  const inject = events.find((event) => event.type === "phase-started" && event.phase === "inject")!;
  expect(before.plannedEnd).toBe(inject.at - events[0]!.at + 25_000);
  expect(frameOf(foldRun(events.slice(0, undo + 1)), true).plannedEnd).toBeNull();
});
