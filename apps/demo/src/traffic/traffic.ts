import { once } from "node:events";
import type { Observer } from "@chaos-agents/engine";
import { startChild } from "../child.ts";
import type { TrafficOptions, TrafficTotals } from "./generate-traffic.ts";
import type { TrafficSample } from "./latency-window.ts";

export type TrafficOrder = { type: "start"; options: TrafficOptions; seed: number } | { type: "stop" };
export type TrafficWord =
  | { type: "open" }
  | { type: "sample"; sample: TrafficSample }
  | { type: "closed"; totals: TrafficTotals };

const units = { throughput: "requests/s", p50: "ms", p95: "ms", p99: "ms", errors: "errors/s", inflight: "requests" };

/** Makes what the customers see part of a run's journal. */
export function trafficObserver(traffic: Pick<Traffic, "onSample">): Observer {
  return {
    name: "customers",
    async observe(sample, signal) {
      const stop = traffic.onSample(({ throughput, p50, p95, p99, errors, inflight }) => {
        const failed = Object.values(errors).reduce((sum, rate) => sum + rate, 0);
        sample({ throughput, p50, p95, p99, errors: failed, inflight }, units);
      });
      if (!signal.aborted) await once(signal, "abort");
      stop();
    },
  };
}

/** Customers in a process of their own, so that what they feel is not our own load. */
export interface Traffic extends AsyncDisposable {
  readonly pid: number;
  /** Four samples a second, until it is stopped. */
  onSample(listener: (sample: TrafficSample) => void): () => void;
  /** Lets the customers finish. The ledger then says all they wrote, but for what the server has to be asked. */
  stop(): Promise<TrafficTotals>;
}

export async function startTraffic(options: TrafficOptions, seed = 1): Promise<Traffic> {
  const child = startChild<TrafficOrder, TrafficWord>(new URL("./traffic-process.ts", import.meta.url), "the traffic");
  const traffic: Traffic = {
    pid: child.pid,
    onSample: (listener) => child.listen((word) => word.type === "sample" && listener(word.sample)),
    async stop() {
      const closed = child.next("closed");
      child.send({ type: "stop" });
      return (await closed).totals;
    },
    [Symbol.asyncDispose]: () => child[Symbol.asyncDispose](),
  };
  try {
    child.send({ type: "start", options, seed });
    await child.next("open");
    return traffic;
  } catch (error) {
    await child[Symbol.asyncDispose]();
    throw error;
  }
}
