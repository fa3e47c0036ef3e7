import { z } from "zod";
import { shareSchema } from "../network-params.ts";
import { defineShapingSkill, whereShape } from "../shaping-skill.ts";
import { netemOfShare } from "../traffic-queue.ts";

export const networkLoss = defineShapingSkill({
  name: "server.network_loss",
  summary: "Lose outgoing packets",
  effect: "TCP sends again and slows down; UDP is simply gone. Our SSH flow is left alone.",
  params: z.strictObject({
    loss: shareSchema.meta({ description: "Which share of the packets is lost: 5%" }),
    correlation: shareSchema
      .optional()
      .meta({ description: "How much each packet's chance is like the one before: 25%" }),
    ...whereShape,
  }),
  example: { loss: "5%", peers: ["10.0.0.5"] },
  queue: ({ loss, correlation }) => netemOfShare("loss", loss, correlation),
  does: ({ loss }) => `lose ${loss} of the packets`,
});
