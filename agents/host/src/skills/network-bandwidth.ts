import { z } from "zod";
import { micros, packetTimeSchema } from "../network-params.ts";
import { defineShapingSkill, whereShape } from "../shaping-skill.ts";

const units: Record<string, number> = { bit: 1, kbit: 1e3, mbit: 1e6, gbit: 1e9 };
const written = /^(\d+(?:\.\d+)?)\s*([kmg]?bit)$/i;

/** Bits in a second; undefined when it is no rate. */
function parseRate(text: string): number | undefined {
  const [, amount, unit] = written.exec(text) ?? [];
  return amount === undefined ? undefined : Math.round(Number(amount) * units[unit!.toLowerCase()]!);
}

const rateSchema = z.string().refine((text) => {
  const rate = parseRate(text);
  return rate !== undefined && rate >= 8 && rate <= 30e9;
}, "write bits in a second, like 512kbit or 10mbit, from 8bit to 30gbit");

export const networkBandwidth = defineShapingSkill({
  name: "server.network_bandwidth",
  summary: "Limit how fast the host can send",
  effect:
    "Large answers take longer, and what does not fit is lost, so that TCP slows down. Our SSH flow is left alone.",
  params: z.strictObject({
    rate: rateSchema.meta({ description: "Bits in a second: 10mbit" }),
    latency: packetTimeSchema
      .prefault("400ms")
      .meta({ description: "How long a packet may wait for its turn before it is lost: 400ms" }),
    ...whereShape,
  }),
  example: { rate: "10mbit", peers: ["10.0.0.5"] },

  queue: tokenBucket,
  does: ({ rate }) => `let at most ${rate} in a second through of the packets`,
});

export function tokenBucket({ rate, latency }: { rate: string; latency: number }, mtu: number): string[] {
  const bits = parseRate(rate)!;
  // what fits into 10 ms at once, but never less than two whole packets: those would never leave
  const burst = Math.max(Math.ceil(bits / 8 / 100), 2 * (mtu + 14));
  return ["tbf", "rate", `${bits}bit`, "burst", `${burst}b`, "latency", micros(latency)];
}
