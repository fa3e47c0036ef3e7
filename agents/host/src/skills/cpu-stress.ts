import type { DeclaredSkill } from "@chaos-agents/core";
import { z } from "zod";
import { workersSchema } from "../config.ts";

export const cpuStress: DeclaredSkill = {
  name: "server.cpu_stress",
  summary: "Keep processors busy with stress-ng",
  params: z.strictObject({ workers: workersSchema(1).meta({ description: "How many at once" }) }),
  example: { workers: 4 },
};
