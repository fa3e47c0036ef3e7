import type { Agent } from "@chaos-agents/core";
import { type KubernetesConfig, kubernetesConfigSchema } from "./config.ts";
import { configCorrupt } from "./skills/config-corrupt.ts";
import { dnsChaos } from "./skills/dns-chaos.ts";
import { envChange } from "./skills/env-change.ts";
import { networkChaos } from "./skills/network-chaos.ts";
import { nodeDrain } from "./skills/node-drain.ts";
import { nodeTaint } from "./skills/node-taint.ts";
import { podFailure } from "./skills/pod-failure.ts";
import { podKill } from "./skills/pod-kill.ts";
import { probeBreak } from "./skills/probe-break.ts";
import { quotaExhaust } from "./skills/quota-exhaust.ts";
import { resourceStress } from "./skills/resource-stress.ts";
import { rolloutRestart } from "./skills/rollout-restart.ts";
import { scale } from "./skills/scale.ts";
import { serviceBreak } from "./skills/service-break.ts";

/** Workloads, nodes and networks of Kubernetes clusters. */
export const kubernetesAgent: Agent = {
  target: "kubernetes",
  aliases: ["k8s"],
  summary: "Workloads, nodes and networks of a Kubernetes cluster",
  config: kubernetesConfigSchema,
  example: { namespace: "staging", label_selector: "app=web" },
  skills: [
    configCorrupt,
    dnsChaos,
    envChange,
    networkChaos,
    nodeDrain,
    nodeTaint,
    podFailure,
    podKill,
    probeBreak,
    quotaExhaust,
    resourceStress,
    rolloutRestart,
    scale,
    serviceBreak,
  ],
  probes: [],
  async connect(config: KubernetesConfig, context) {
    const { Cluster } = await import("./cluster.ts");
    return await Cluster.open(config, context);
  },
};
