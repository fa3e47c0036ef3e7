import type { DeclaredAgent } from "@chaos-agents/core";
import { kubernetesConfigSchema } from "./config.ts";
import { networkChaos } from "./skills/network-chaos.ts";
import { nodeDrain } from "./skills/node-drain.ts";
import { podKill } from "./skills/pod-kill.ts";
import { resourceStress } from "./skills/resource-stress.ts";

/** Clusters: their files are understood, breaking them is not built yet. */
export const kubernetesAgent: DeclaredAgent = {
  target: "kubernetes",
  aliases: ["k8s"],
  summary: "Workloads, nodes and networks of a Kubernetes cluster",
  config: kubernetesConfigSchema,
  example: { namespace: "staging", label_selector: "app=web" },
  skills: [podKill, nodeDrain, networkChaos, resourceStress],
};
