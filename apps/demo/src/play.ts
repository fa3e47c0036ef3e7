import { once } from "node:events";
import { systemClock } from "@chaos-agents/core";
import { openShop } from "./demo.ts";
import { renderProof } from "./proof/render-proof.ts";
import type { TrafficSample } from "./traffic/latency-window.ts";

const experiment = "apps/demo/demo.yaml";
const ms = (value: number | null) => (value === null ? "–" : `${value.toFixed(1)} ms`);

function describeSample({ throughput, p50, p95, errors, inflight }: TrafficSample): string {
  const failed = Object.values(errors).reduce((sum, n) => sum + n, 0);
  const answered = `${Math.round(throughput)} requests/s, p50 ${ms(p50)}, p95 ${ms(p95)}`;
  return `${answered}, ${Math.round(failed)} errors/s, ${inflight} waiting`;
}

/** Keeps the shop open until `close` is aborted, then proves what became of it. Aborting `leave` skips the proof. */
export async function playShop(out: NodeJS.WriteStream, close: AbortSignal, leave: AbortSignal): Promise<boolean> {
  await using shop = await openShop({ clock: systemClock });
  out.write(
    [
      "A shop with customers, to try things on. It is gone when you leave.",
      "",
      `  database  ${shop.url}`,
      `  break it  CHAOS_DEMO_URL='${shop.url}' ./chaos run ${experiment}`,
      "",
      "Ctrl-C closes it and proves what became of it; a second Ctrl-C leaves at once.",
      "",
      "",
    ].join("\n"),
  );
  let quarters = 0;
  shop.traffic.onSample((sample) => {
    if (out.isTTY) out.write(`\r\u001b[K${describeSample(sample)}`);
    else if (quarters++ % 20 === 0) out.write(`${describeSample(sample)}\n`);
  });
  if (!close.aborted) await once(close, "abort");
  out.write(out.isTTY ? "\r\u001b[K" : "");
  const { proof } = await shop.finish(leave);
  out.write(`${renderProof(proof, { color: out.hasColors?.() ?? false })}\n`);
  return proof.ok;
}

if (import.meta.main) {
  const [close, leave] = [new AbortController(), new AbortController()];
  const signalled = () => (close.signal.aborted ? leave : close).abort();
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, signalled);
  const left = new Promise<number>((resolve) => leave.signal.addEventListener("abort", () => resolve(130)));
  const played = playShop(process.stdout, close.signal, leave.signal).then((ok) => (ok ? 0 : 1));
  process.exit(await Promise.race([played, left]));
}
