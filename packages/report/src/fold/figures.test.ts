import type { Event } from "@chaos-agents/core";
import { expect, test } from "vitest";
import { chartsOf } from "../html/chart-plan.ts";
import { foldRun } from "./run-fold.ts";

const samples = (values: Record<string, number | null>[], unit?: string): Event[] => [
  { v: 1, run: "r", seq: 1, at: 0, type: "fault-started", fault: "1", skill: "db.table_lock", target: "shop" },
  ...values.map((one, index): Event => {
    const units = unit === undefined ? {} : { units: Object.fromEntries(Object.keys(one).map((key) => [key, unit])) };
    return { v: 1, run: "r", seq: index + 2, at: index + 1, type: "sampled", source: "traffic", values: one, ...units };
  }),
];

test("kinds of errors are added up, and drawn in one chart", () => {
  const report = foldRun(
    samples([
      { timeout: 2, refused: 1, inflight: 9 },
      { timeout: 4, refused: null, inflight: 9 },
    ]),
  );
  expect(report.figures.errors).toEqual({ of: "traffic, 2 kinds", unit: null, rate: false, before: null, during: 7 });
  const charts = chartsOf(report).map(({ title, style, series }) => [title, style, series.length]);
  expect(charts).toEqual([
    ["traffic errors", "lines", 2],
    ["traffic inflight", "area", 1],
  ]);
});

test("where there is a total, its kinds are not counted twice; of a rate the highest counts", () => {
  const report = foldRun(
    samples(
      [
        { errors: 3, timeout: 2, refused: 1 },
        { errors: 8, timeout: 8, refused: 0 },
      ],
      "/s",
    ),
  );
  expect(report.figures.errors).toEqual({ of: "traffic errors", unit: "/s", rate: true, before: null, during: 8 });
});

test("the worst p95 is a probe's where nothing was sampled", () => {
  const answer = { type: "probe-answered", role: "steady-state", value: 1, ok: true, detail: "" } as const;
  const [started] = samples([]);
  const asked = [30, 10, 90].map((latencyMs, index): Event => {
    return {
      v: 1,
      run: "r",
      seq: index + 2,
      at: index + 1,
      ...answer,
      probe: latencyMs > 50 ? "slow" : "quick",
      latencyMs,
    };
  });
  expect(foldRun([started!, ...asked]).figures.worstP95).toEqual({ of: "slow", before: null, during: 90 });
  expect(foldRun([started!]).figures.worstP95).toBeNull();
});
