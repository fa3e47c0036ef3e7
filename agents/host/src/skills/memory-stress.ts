import type { DeclaredSkill } from "@chaos-agents/core";
import { z } from "zod";
import { sizeSchema, workersSchema } from "../config.ts";

export const memoryStress: DeclaredSkill = {
  name: "server.memory_stress",
  summary: "Hold memory with stress-ng, so that others run short",
  params: z.strictObject({
    memory: sizeSchema.default("256M").meta({ description: "How much each worker holds" }),
    workers: workersSchema(1).meta({ description: "How many at once" }),
  }),
  example: { memory: "512M", workers: 2 },
};
