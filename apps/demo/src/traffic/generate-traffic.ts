import { type Clock, type Random } from "@chaos-agents/core";
import { LedgerWriter } from "../ledger/ledger.ts";
import { enterShop, nextVisit, type Shopping } from "./customers.ts";
import { failureKind } from "./failure-kind.ts";
import { LatencyWindow, type TrafficSample, sampleEvery } from "./latency-window.ts";
import { openPerUse, openWebPool } from "./shop-pool.ts";

export interface TrafficOptions {
  /** The application's connection. */
  url: string;
  /** The file that every write is entered in. */
  ledger: string;
  /** Requests per second. */
  rate: number;
}

export type TrafficTotals = LatencyWindow["totals"];

export interface RunningTraffic {
  /** Lets no more customers in, and waits until all have left. */
  stop(): Promise<TrafficTotals>;
}

/**
 * Customers arrive by chance, at `rate` on average, whether or not earlier ones were served: an open loop. Latency counts
 * from the moment a request was meant to start, so waiting for a connection, or for us, is part of it, and a stall is not
 * hidden by the requests that it kept from being sent.
 */
export async function generateTraffic(
  options: TrafficOptions,
  { clock, random }: { clock: Clock; random: Random },
  onSample: (sample: TrafficSample) => void,
): Promise<RunningTraffic> {
  const pool = await openWebPool(options.url);
  const checkouts = openPerUse(options.url);
  const ledger = new LedgerWriter(options.ledger);
  const shopping: Shopping = { pool, checkouts, ledger, clock, random, ...(await enterShop(pool)) };
  const seen = new LatencyWindow();
  const inflight = new Set<Promise<void>>();
  const closing = new AbortController();
  const { signal } = closing;

  async function serve(intended: number): Promise<void> {
    try {
      await nextVisit(random)(shopping);
      seen.completed(clock.monotonic() - intended);
    } catch (error) {
      seen.failed(failureKind(error));
    }
  }

  async function letIn(): Promise<void> {
    let intended = clock.monotonic();
    while (!signal.aborted) {
      intended -= Math.log(1 - random.next()) * (1000 / options.rate);
      const early = intended - clock.monotonic();
      if (early > 0) await clock.sleep(early, signal);
      const request = serve(intended).finally(() => inflight.delete(request));
      inflight.add(request);
    }
  }

  async function report(): Promise<void> {
    for (let due = clock.monotonic() + sampleEvery; !signal.aborted; due += sampleEvery) {
      await clock.sleep(Math.max(0, due - clock.monotonic()), signal);
      onSample(seen.sample(clock.now(), inflight.size));
    }
  }

  const untilClosed = (loop: Promise<void>) =>
    loop.catch((error: unknown) => {
      if (!signal.aborted) throw error;
    });
  const loops = Promise.all([untilClosed(letIn()), untilClosed(report())]);
  return {
    async stop() {
      closing.abort();
      await loops;
      await Promise.all(inflight);
      await Promise.all([pool.end(), checkouts.end()]);
      ledger[Symbol.dispose]();
      return seen.totals;
    },
  };
}
