import { z } from "zod";
import { shareSchema } from "../network-params.ts";
import { defineShapingSkill, whereShape } from "../shaping-skill.ts";
import { netemOfShare } from "../traffic-queue.ts";

export const networkCorrupt = defineShapingSkill({
  name: "server.network_corrupt",
  summary: "Corrupt outgoing packets",
  effect:
    "One bit of a packet is wrong: the other end drops it for its checksum, and TCP sends again. Our SSH flow is left alone.",
  params: z.strictObject({
    corrupt: shareSchema.meta({ description: "Which share of the packets is corrupted: 1%" }),
    correlation: shareSchema
      .optional()
      .meta({ description: "How much each packet's chance is like the one before: 25%" }),
    ...whereShape,
  }),
  example: { corrupt: "1%", peers: ["10.0.0.5"] },
  queue: ({ corrupt, correlation }) => netemOfShare("corrupt", corrupt, correlation),
  does: ({ corrupt }) => `corrupt ${corrupt} of the packets`,
});
