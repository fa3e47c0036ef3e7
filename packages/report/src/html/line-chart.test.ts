import { expect, test } from "vitest";
import { tickText, valueScale } from "./line-chart.ts";

const plan = (values: number[], unit: string | null, limits: number[] = []) => ({
  unit,
  limits: limits.map((value) => ({ value, label: "<" })),
  series: [{ name: "p95", tint: "main", values, stats: {} as never }],
});

test("a latency that grew a thousandfold is drawn on powers of ten, each where it belongs", () => {
  const scale = valueScale(plan([3, 12, 2_000], "ms"));
  expect(scale.logarithmic).toBe(true);
  expect(scale.ticks).toEqual([1, 10, 100, 1_000]);
  const gaps = scale.ticks.slice(1).map((tick, index) => scale.y(tick) - scale.y(scale.ticks[index]!));
  for (const gap of gaps) expect(gap).toBeCloseTo(gaps[0]!);
  expect(scale.y(3)).toBeGreaterThan(scale.y(1));
});

test("everything else starts at zero", () => {
  for (const unit of ["/s", null]) expect(valueScale(plan([3, 12, 2_000], unit)).y(0)).toBe(0);
  expect(valueScale(plan([3, 12], "ms")).logarithmic).toBe(false);
});

test("a limit far above does not press the line to the floor", () => {
  expect(valueScale(plan([10, 20], "ms", [500])).reaches(500)).toBe(false);
  expect(valueScale(plan([10, 20], "ms", [50])).y(50)).toBeLessThanOrEqual(1_000);
});

test("words at the axis are short: the title says the unit", () => {
  expect(tickText(300, "requests/s")).toBe("300");
  expect(tickText(2_500_000, "rows")).toBe("2.5M");
  expect(tickText(2_000, "ms")).toBe("2 s");
  expect(tickText(50, "%")).toBe("50%");
});

test("numbers hardly different from zero are drawn as zero", () => {
  expect(valueScale(plan([5e-324, -5e-324], "ms")).y(0)).toBe(0);
});
