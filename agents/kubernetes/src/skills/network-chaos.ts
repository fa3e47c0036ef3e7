import type { DeclaredSkill } from "@chaos-agents/core";
import { z } from "zod";
import { type KubernetesConfig, noPods, podParams } from "../config.ts";

const params = z.strictObject(podParams);

export const networkChaos: DeclaredSkill = {
  name: "k8s.network_chaos",
  summary: "Cut the selected pods off the network with a policy that allows nothing",
  params,
  example: { pod_selector: { app: "web" } },
  unsupported: (config, given: z.infer<typeof params>) => noPods(config as KubernetesConfig, given),
};
