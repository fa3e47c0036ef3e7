import type { WayIn } from "@chaos-agents/core";
import type { SkillHost } from "./host-skill.ts";
import { parseNetwork } from "./network-params.ts";

/** Our own way to the host as packets show it: the TCP flows between `peer` and our `port`. */
export interface ExemptFlow {
  peer: string;
  port: number;
  family: 4 | 6;
}

/** What no fault of ours may touch; null where we come in by no network of the host's. */
export async function exemptFlow(host: SkillHost, signal: AbortSignal): Promise<ExemptFlow | null> {
  return flowOf((await host.machine.host(signal)).wayIn);
}

export function flowOf(wayIn: WayIn | null): ExemptFlow | null {
  if (!wayIn) return null;
  const peer = wayIn.peer.replace(/%.*$/, "").replace(/^::ffff:(?=[\d.]+$)/i, "");
  const parsed = parseNetwork(peer);
  // a fault that cannot tell our own packets apart would lock us out
  if (!parsed) throw new TypeError(`${wayIn.peer} is no address`);
  return { peer, port: wayIn.port, family: parsed.family };
}
