import * as fc from "fast-check";
import { expect, test } from "vitest";
import { extremesOf, stepsOf } from "./decimate.ts";

const series = fc.array(fc.option(fc.double({ noNaN: true, noDefaultInfinity: true }), { nil: null }), {
  minLength: 1,
  maxLength: 300,
});

test("thinning keeps every lowest and highest, and invents nothing", () => {
  fc.assert(
    fc.property(series, fc.integer({ min: 1, max: 20 }), (values, limit) => {
      const x = values.map((_, index) => (index / values.length) * 100);
      const steps = stepsOf(x, limit);
      expect(steps.flat().toSorted((a, b) => a - b)).toEqual(values.map((_, index) => index));
      expect(steps.length).toBeLessThanOrEqual(2 * limit);
      const drawn = steps.flatMap((members) => extremesOf(values, members).at.map((index) => values[index]!));
      const measured = values.filter((value) => value !== null);
      expect(Math.min(...drawn)).toBe(Math.min(...measured));
      expect(Math.max(...drawn)).toBe(Math.max(...measured));
      for (const value of drawn) expect(measured).toContain(value);
    }),
  );
});

test("a few moments are drawn one by one, in the order of time", () => {
  expect(stepsOf([50, 10, 90], 360)).toEqual([[1], [0], [2]]);
});

test("a step shows its extremes in the order they came", () => {
  expect(extremesOf([5, 9, 1, null], [0, 1, 2, 3])).toEqual({ at: [1, 2], low: 1, high: 9 });
  expect(extremesOf([null, null], [0, 1])).toEqual({ at: [], low: null, high: null });
});
