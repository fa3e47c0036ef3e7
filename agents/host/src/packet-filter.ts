import type { HostSurvey } from "@chaos-agents/core";
import { createHash } from "node:crypto";
import type { HostChange } from "./host-skill.ts";
import { iptablesFilter } from "./iptables-filter.ts";
import { nftFilter } from "./nft-filter.ts";
import { parseNetwork } from "./network-params.ts";
import type { ExemptFlow } from "./way-in.ts";

/** Packets of the host itself, coming in or going out, and what becomes of them. */
export interface PacketRule {
  way: "in" | "out";
  /** The other end; everybody when left out. */
  peer?: string;
  /** By the port they go to; the same for both protocols. */
  protocol?: "tcp" | "udp";
  port?: number;
  verdict: "drop" | "refuse";
}

export interface PacketFilter {
  name: string;
  rules: PacketRule[];
  exempt: ExemptFlow | null;
  /** Whether the host's talk with itself is left alone. */
  sparesLoopback: boolean;
}

export type FilterTool = "nft" | "iptables";
export const filterToolOf = (survey: HostSurvey): FilterTool => (survey.commands.has("nft") ? "nft" : "iptables");

/** A table, or chains, of our own, so that taking it away takes nothing else away. Short enough for iptables. */
export const filterNameOf = (mark: string) => `chaos_${createHash("sha256").update(mark).digest("hex").slice(0, 16)}`;

export const packetFilter = (tool: FilterTool, filter: PacketFilter): HostChange =>
  tool === "nft" ? nftFilter(filter) : iptablesFilter(filter);

/** Every combination, for packets that go to these ports; without ports, for all packets. */
export function rulesFor(wanted: {
  direction: "in" | "out" | "both";
  peers: readonly string[];
  ports: readonly number[];
  protocols: readonly ("tcp" | "udp")[];
  verdict: PacketRule["verdict"];
}): PacketRule[] {
  const ways: PacketRule["way"][] = wanted.direction === "both" ? ["in", "out"] : [wanted.direction];
  const peers = wanted.peers.length > 0 ? wanted.peers.map((peer) => ({ peer })) : [{}];
  const ports =
    wanted.ports.length > 0
      ? wanted.ports.flatMap((port) => wanted.protocols.map((protocol) => ({ port, protocol })))
      : [{}];
  return ways.flatMap((way) =>
    peers.flatMap((peer) => ports.map((port): PacketRule => ({ way, ...peer, ...port, verdict: wanted.verdict }))),
  );
}

/** No peer is in both families. */
export const isFor = ({ peer }: PacketRule, family: 4 | 6) =>
  peer === undefined || parseNetwork(peer)!.family === family;
