import { expect, test } from "vitest";
import type { TrafficSample } from "./latency-window.ts";
import { type Traffic, trafficObserver } from "./traffic.ts";

const sample: TrafficSample = {
  at: 1,
  throughput: 120,
  p50: 2,
  p95: null,
  p99: 9,
  errors: { timeout: 1, "no-connection": 2, refused: 4, lost: 0, lock: 0, other: 0 },
  inflight: 3,
};

test("a run's journal gets what customers saw until it is told to stop, and nothing invented", async () => {
  const listeners = new Set<(sample: TrafficSample) => void>();
  const onSample: Traffic["onSample"] = (listener) => {
    listeners.add(listener);
    return () => listeners.delete(listener);
  };
  const seen: unknown[] = [];
  const ending = new AbortController();
  const observed = trafficObserver({ onSample }).observe((values) => seen.push(values), ending.signal);
  for (const listener of listeners) listener(sample);
  ending.abort();
  await observed;
  expect(seen).toEqual([{ throughput: 120, p50: 2, p95: null, p99: 9, errors: 7, inflight: 3 }]);
  expect(listeners.size).toBe(0);
});

test("a run that is over already is not observed", async () => {
  const onSample: Traffic["onSample"] = () => () => {};
  await trafficObserver({ onSample }).observe(() => expect.unreachable(), AbortSignal.abort());
});
