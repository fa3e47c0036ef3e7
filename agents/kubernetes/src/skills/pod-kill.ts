import type { DeclaredSkill } from "@chaos-agents/core";
import { z } from "zod";
import { type KubernetesConfig, noPods, podParams } from "../config.ts";

const params = z.strictObject({
  ...podParams,
  count: z.int().min(1).default(1).meta({ description: "How many pods, chosen at random" }),
});

export const podKill: DeclaredSkill = {
  name: "k8s.pod_kill",
  summary: "Delete some of the selected pods, and see that others take their place",
  params,
  example: { label_selector: "app=web", count: 2 },
  unsupported: (config, given: z.infer<typeof params>) => noPods(config as KubernetesConfig, given),
};
