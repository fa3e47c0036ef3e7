import type { DeclaredSkill } from "@chaos-agents/core";
import { z } from "zod";
import { type KubernetesConfig, namespaceParam, noNamespace } from "../config.ts";

const params = z.strictObject({
  ...namespaceParam,
  cpu_workers: z.int().min(0).default(2).meta({ description: "How many processors to keep busy" }),
  memory: z
    .string()
    .regex(/^\d+(?:\.\d+)?\s*[KMGT]?i?B?$/i, "write an amount of memory like 512M or 1G")
    .default("256M")
    .meta({ description: "How much memory to hold" }),
  image: z.string().min(1).optional().meta({ description: "An image that has stress-ng; ours when left out" }),
});

export const resourceStress: DeclaredSkill = {
  name: "k8s.resource_stress",
  summary: "Start a pod that uses up processor and memory next to the others",
  params,
  example: { cpu_workers: 4, memory: "512M" },
  unsupported: (config, given: z.infer<typeof params>) => noNamespace(config as KubernetesConfig, given),
};
