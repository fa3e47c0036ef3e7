import { z } from "zod";
import { defineFilterSkill } from "../filter-skill.ts";
import { peersSchema, portsSchema } from "../network-params.ts";
import { rulesFor } from "../packet-filter.ts";

const isSelf = (peer: string) => peer.startsWith("127.") || /^::1(?:\/|$)/.test(peer);

export const networkPartition = defineFilterSkill({
  name: "server.network_partition",
  summary: "Cut the host off from other machines",
  effect:
    "Packets from or to the peers vanish, those of standing connections too: both ends wait until they give up. Only the host's own packets, not what it forwards for containers. Our SSH flow is left alone.",
  params: z.strictObject({
    peers: peersSchema
      .min(1, "name the machines to be cut off from; 0.0.0.0/0 and ::/0 are all")
      .refine((peers) => !peers.some(isSelf), "a host cannot be cut off from itself")
      .meta({ description: "Addresses or networks of the machines it is cut off from" }),
    ports: portsSchema
      .default([])
      .meta({ description: "Only TCP and UDP packets that go to these ports; all packets when left out" }),
    direction: z
      .enum(["in", "out", "both"])
      .default("both")
      .meta({ description: "Which packets vanish: those that come from the peers, those that go to them, or both" }),
  }),
  example: { peers: ["10.0.0.5", "10.0.1.0/24"] },
  sparesLoopback: true,
  rules: ({ peers, ports, direction }) =>
    rulesFor({ direction, peers, ports, protocols: ["tcp", "udp"], verdict: "drop" }),
  does: ({ peers, ports, direction }) => {
    const which = { in: "packets from", out: "packets to", both: "packets from and to" }[direction];
    return `drop ${which} ${peers.join(", ")}${ports.length > 0 ? ` for port ${ports.join(", ")}` : ""}`;
  },
});
