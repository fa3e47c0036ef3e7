import type { DeclaredSkill } from "@chaos-agents/core";
import { z } from "zod";

export const serviceStop: DeclaredSkill = {
  name: "server.service_stop",
  summary: "Stop running services, named or chosen at random",
  params: z.strictObject({
    max_services: z.int().min(1).default(1).meta({ description: "How many to stop at most" }),
    services: z
      .array(z.string().min(1))
      .default([])
      .meta({ description: "Which ones; chosen among the discovered ones when left out" }),
  }),
  example: { max_services: 2 },
};
