import { z } from "zod";
import { formatDuration } from "@chaos-agents/core";
import { micros, packetTimeSchema, shareSchema } from "../network-params.ts";
import { defineShapingSkill, whereShape } from "../shaping-skill.ts";

export const networkDelay = defineShapingSkill({
  name: "server.network_delay",
  summary: "Delay outgoing packets",
  effect: "Every answer of the host comes later, and so does every answer it waits for. Our SSH flow is left alone.",
  params: z
    .strictObject({
      delay: packetTimeSchema.meta({ description: "How much later each packet leaves: 100ms" }),
      jitter: packetTimeSchema.optional().meta({ description: "How much the delay varies, both ways: 20ms" }),
      distribution: z
        .enum(["uniform", "normal", "pareto", "paretonormal"])
        .default("uniform")
        .meta({ description: "How the delay varies, with jitter; packets may overtake each other" }),
      correlation: shareSchema
        .optional()
        .meta({ description: "With jitter: how much each delay is like the one before: 25%" }),
      ...whereShape,
    })
    .superRefine(({ jitter, distribution, correlation }, context) => {
      if (jitter !== undefined) return;
      for (const [name, given] of [
        ["distribution", distribution !== "uniform"],
        ["correlation", correlation !== undefined],
      ] as const) {
        if (given) context.addIssue({ code: "custom", path: [name], message: `${name} needs a jitter` });
      }
    }),
  example: { delay: "100ms", jitter: "20ms", peers: ["10.0.0.5"] },

  queue: netemDelay,
  does: ({ delay, jitter }) =>
    `delay packets by ${formatDuration(delay)}${jitter === undefined ? "" : ` ± ${formatDuration(jitter)}`}`,
  roundTrip: ({ delay, jitter = 0 }) => Math.max(0, delay - 3 * jitter),
});

export function netemDelay(params: {
  delay: number;
  jitter?: number | undefined;
  distribution: string;
  correlation?: string | undefined;
}): string[] {
  const { delay, jitter, distribution, correlation } = params;
  const spread = jitter === undefined ? [] : [micros(jitter), ...(correlation === undefined ? [] : [correlation])];
  // netem keeps 1000 packets, and drops what comes more
  const words = ["netem", "limit", "100000", "delay", micros(delay), ...spread];
  return jitter === undefined || distribution === "uniform" ? words : [...words, "distribution", distribution];
}
