import { z } from "zod";
import { shareSchema } from "../network-params.ts";
import { defineShapingSkill, whereShape } from "../shaping-skill.ts";
import { netemOfShare } from "../traffic-queue.ts";

export const networkDuplicate = defineShapingSkill({
  name: "server.network_duplicate",
  summary: "Send packets twice",
  effect: "The other end gets packets twice: TCP drops the second, UDP programs see both. Our SSH flow is left alone.",
  params: z.strictObject({
    duplicate: shareSchema.meta({ description: "Which share of the packets is sent twice: 1%" }),
    correlation: shareSchema
      .optional()
      .meta({ description: "How much each packet's chance is like the one before: 25%" }),
    ...whereShape,
  }),
  example: { duplicate: "1%", peers: ["10.0.0.5"] },
  queue: ({ duplicate, correlation }) => netemOfShare("duplicate", duplicate, correlation),
  does: ({ duplicate }) => `send ${duplicate} of the packets twice`,
});
