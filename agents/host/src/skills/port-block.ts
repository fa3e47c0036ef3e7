import { z } from "zod";
import { defineFilterSkill } from "../filter-skill.ts";
import { portsSchema } from "../network-params.ts";
import { rulesFor } from "../packet-filter.ts";

export const portBlock = defineFilterSkill({
  name: "server.port_block",
  summary: "Block ports, of the host or of those it talks to",
  effect:
    "Nobody gets through to the ports, from the host itself neither, and standing connections end too. Only the host's own packets, not what it forwards for containers. Our SSH flow is left alone.",
  params: z.strictObject({
    ports: portsSchema.min(1, "name at least one port").meta({ description: "Which ports" }),
    protocol: z.enum(["tcp", "udp", "both"]).default("tcp").meta({ description: "Which protocol" }),
    direction: z
      .enum(["in", "out"])
      .default("in")
      .meta({ description: "in: the host's own ports; out: the ports of others that the host connects to" }),
    action: z
      .enum(["drop", "refuse"])
      .default("drop")
      .meta({ description: "drop: clients wait until they give up; refuse: they are told at once" }),
  }),
  example: { ports: [5432], action: "refuse" },
  sparesLoopback: false,
  rules: ({ ports, protocol, direction, action }) =>
    rulesFor({
      direction,
      peers: [],
      ports,
      protocols: protocol === "both" ? ["tcp", "udp"] : [protocol],
      verdict: action,
    }),
  does: ({ ports, protocol, direction, action }) => {
    const whose = direction === "in" ? "to its own" : "to others'";
    const kind = protocol === "both" ? "TCP and UDP" : protocol.toUpperCase();
    return `${action} ${kind} packets ${whose} port ${ports.join(", ")}`;
  },
});
