import * as fc from "fast-check";
import { expect, test } from "vitest";
import { timeAxis } from "./time-axis.ts";

test("a recovery the next day is cut in, not drawn to scale", () => {
  const day = 86_400_000;
  const axis = timeAxis({
    sessions: [
      { by: null, startedAt: 0, lastAt: 40_000 },
      { by: "ops", startedAt: day, lastAt: day + 2_000 },
    ],
    lastAt: day + 2_000,
  });
  expect(axis.cuts).toHaveLength(1);
  expect(axis.cuts[0]!.ms).toBe(day - 40_000);
  expect(axis.x(0)).toBe(0);
  expect(axis.x(40_000)).toBeGreaterThan(70);
  expect(axis.x(day + 2_000)).toBeCloseTo(100);
  expect(axis.stretchOf(39_999)).not.toBe(axis.stretchOf(day));
  expect(axis.ticks.filter(({ x }) => x < axis.cuts[0]!.from).map(({ label }) => label)).toEqual([
    "0s",
    "10s",
    "20s",
    "30s",
  ]);
});

test("ticks are round times people use", () => {
  const labels = (lastAt: number) =>
    timeAxis({ sessions: [{ by: null, startedAt: 0, lastAt }], lastAt }).ticks.map(({ label }) => label);
  expect(labels(700)).toEqual(["0s", "100ms", "200ms", "300ms", "400ms", "500ms", "600ms", "700ms"]);
  expect(labels(600_000)).toEqual(["0s", "2m", "4m", "6m", "8m", "10m"]);
  expect(labels(7_200_000)).toEqual(["0s", "15m", "30m", "45m", "1h", "1h 15m", "1h 30m", "1h 45m", "2h"]);
});

test("whatever the clocks said, everything is on the chart and time does not run backwards on it", () => {
  const time = fc.integer({ min: -100_000, max: 10_000_000 });
  const session = fc.record({ by: fc.constant(null), startedAt: time, lastAt: time });
  fc.assert(
    fc.property(
      fc.array(session, { maxLength: 6 }),
      fc.array(time, { minLength: 2, maxLength: 20 }),
      (sessions, times) => {
        const axis = timeAxis({ sessions, lastAt: times[0]! });
        const places = times.toSorted((a, b) => a - b).map((t) => axis.x(t));
        expect(places).toEqual(places.toSorted((a, b) => a - b));
        for (const place of [...places, ...axis.ticks.map(({ x }) => x)]) {
          expect(place).toBeGreaterThanOrEqual(-1e-9);
          expect(place).toBeLessThanOrEqual(100 + 1e-9);
        }
        expect(axis.ticks.length).toBeLessThan(60);
      },
    ),
  );
});
