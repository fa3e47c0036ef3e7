import * as fc from "fast-check";
import { expect, test } from "vitest";
import { perWindow, spreadOf } from "./spread.ts";

test("percentiles are by nearest rank", () => {
  const hundred = Array.from({ length: 100 }, (_, index) => index + 1);
  expect(spreadOf(hundred)).toEqual({ n: 100, sum: 5_050, min: 1, p50: 50, p95: 95, p99: 99, max: 100 });
  expect(spreadOf([3, null, 1, 2])).toEqual({ n: 3, sum: 6, min: 1, p50: 2, p95: 3, p99: 3, max: 3 });
  expect(spreadOf([null])).toEqual({ n: 0, sum: null, min: null, p50: null, p95: null, p99: null, max: null });
});

test("percentiles never leave the range of the numbers, nor their order", () => {
  fc.assert(
    fc.property(fc.array(fc.double({ noNaN: true }), { minLength: 1 }), (values) => {
      const { min, p50, p95, p99, max } = spreadOf(values);
      const ranks = [min!, p50!, p95!, p99!, max!];
      expect(ranks).toEqual(ranks.toSorted((a, b) => a - b));
      for (const rank of ranks) expect(values).toContain(rank);
    }),
  );
});

test("windows split at the first fault and at the end of the last undo", () => {
  const split = (from: number | null, until: number | null) =>
    perWindow(
      [1, 2, 3, 4],
      (t) => t,
      { from, until },
      (all) => all,
    );
  expect(split(2, 3)).toEqual({ before: [1], during: [2, 3], after: [4] });
  expect(split(2, null)).toEqual({ before: [1], during: [2, 3, 4], after: [] });
  expect(split(null, null)).toEqual({ before: [1, 2, 3, 4], during: [], after: [] });
});
