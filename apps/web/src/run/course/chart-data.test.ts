import { type ChartPlan, foldRun, timeAxis } from "@chaos-agents/report/browser";
import { demoRun } from "@chaos-agents/report/demo-run";
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { dataOf, lonely } from "./chart-data.ts";

const planOf = (t: number[], ...all: (number | null)[][]): ChartPlan => ({
  id: "chart",
  title: "any",
  unit: null,
  style: "lines",
  typical: "p50",
  t,
  series: all.map((values) => ({ name: "any", tint: "main", values, stats: null! })),
  limits: [],
  failures: [],
});
const frameOf = (until: number) => ({
  axis: timeAxis({ sessions: [{ by: null, startedAt: 0, lastAt: until }], lastAt: until }),
});
const measured = (values: readonly (number | null)[]) => values.filter((value) => value !== null);
const same = (value: number) => value;

test("few moments are drawn as they are; of many the lowest and the highest are never lost", () => {
  const value = fc.option(fc.integer({ min: 0, max: 1_000 }));
  fc.assert(
    fc.property(fc.array(value, { minLength: 1, maxLength: 9_000 }), fc.nat(30), (values, slow) => {
      const t = values.map((_, index) => index * 100);
      const other = values.map((_, index) => index % (slow + 2));
      const data = dataOf(planOf(t, values, other), frameOf(t.at(-1)!), same);
      if (values.length < 700) expect(data.columns).toEqual([values, other]);
      else expect(data.x.length).toBeLessThanOrEqual(4 * 721);
      const drawn = measured(data.columns[0]!);
      if (drawn.length > 0) {
        expect(Math.max(...drawn)).toBe(Math.max(...measured(values)));
        expect(Math.min(...drawn)).toBe(Math.min(...measured(values)));
      }
      expect(data.x).toEqual(data.x.toSorted((a, b) => a - b));
      data.moments.forEach((moment, index) => expect(data.columns[0]![index]).toBe(values[moment!] ?? null));
    }),
    { numRuns: 60 },
  );
});

test("no line is drawn over time that the axis leaves out, and nothing measured is lost for it", () => {
  const report = foldRun(demoRun({ killedAt: 20_000, recoveredAfter: 3_600_000 }));
  const axis = timeAxis(report);
  expect(axis.cuts).toHaveLength(1);
  const late = report.sessions.at(-1)!.startedAt;
  const t = [100, 200, late + 100, late + 200];
  const data = dataOf(planOf(t, [1, 2, 3, 4]), { axis }, same);
  expect(data.columns).toEqual([[1, 2, null, 3, 4]]);
  expect(data.moments).toEqual([0, 1, null, 2, 3]);
});

test("only a value with none beside it stands alone", () => {
  expect(lonely([])).toEqual([]);
  expect(lonely([1])).toEqual([0]);
  expect(lonely([1, null, 0, null, 2, 3, null, 4])).toEqual([0, 2, 7]);
});
