import { expect, test } from "vitest";
import { LatencyWindow, percentile } from "./latency-window.ts";

test("a percentile is a value that was measured", () => {
  const hundred = Array.from({ length: 100 }, (_, i) => i + 1);
  expect(percentile(hundred, 0.5)).toBe(50);
  expect(percentile(hundred, 0.95)).toBe(95);
  expect(percentile(hundred, 0.99)).toBe(99);
  expect(percentile([7], 0.5)).toBe(7);
});

test("nothing answered has no latency, and does not pass for fast", () => {
  const window = new LatencyWindow();
  window.failed("timeout");
  const sample = window.sample(1_000, 3);
  expect(sample).toMatchObject({ at: 1_000, throughput: 0, p50: null, p95: null, p99: null, inflight: 3 });
  expect(sample.errors).toMatchObject({ timeout: 4, refused: 0 });
});

test("a sample describes the second before it and forgets what is older", () => {
  const window = new LatencyWindow();
  window.completed(900);
  for (let quarter = 0; quarter < 3; quarter++) {
    expect(window.sample(quarter, 0).p99).toBe(900);
    window.completed(quarter);
  }
  expect(window.sample(3, 0)).toMatchObject({ throughput: 4, p50: 1, p99: 900 });
  expect(window.sample(4, 0)).toMatchObject({ throughput: 3, p50: 1, p99: 2 });
  expect(window.totals.completed).toBe(4);
});
