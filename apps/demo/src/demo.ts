import { join } from "node:path";
import type { Clock } from "@chaos-agents/core";
import { type Pristine, type ProofReport, keepPristine, prove } from "./proof/proof.ts";
import { type Server, startServer } from "./server.ts";
import { loadShop } from "./shop/load-shop.ts";
import type { TrafficTotals } from "./traffic/generate-traffic.ts";
import { type Traffic, startTraffic } from "./traffic/traffic.ts";

/** A shop open for business: its database, its customers, and a copy of what it was before they came. */
export interface OpenShop extends AsyncDisposable {
  /** As superuser: for chaos. */
  readonly url: string;
  readonly server: Server;
  readonly traffic: Traffic;
  /** Sends the customers home, and compares the shop with what it was plus what they wrote. */
  finish(signal?: AbortSignal): Promise<{ totals: TrafficTotals; proof: ProofReport }>;
}

export async function openShop({ rate = 150, clock }: { rate?: number; clock: Clock }): Promise<OpenShop> {
  await using opened = new AsyncDisposableStack();
  const server = opened.use(await startServer());
  const { url, appUrl } = await loadShop(server.url());
  const pristine: Pristine = await keepPristine(url);
  const ledger = join(server.home, "ledger.jsonl");
  const traffic = opened.use(await startTraffic({ url: appUrl, ledger, rate }));
  const open = opened.move();
  return {
    url,
    server,
    traffic,
    async finish(signal) {
      const totals = await traffic.stop();
      return { totals, proof: await prove({ url, pristine, ledger }, { clock, ...(signal && { signal }) }) };
    },
    [Symbol.asyncDispose]: () => open.disposeAsync(),
  };
}
