import type { Catalog } from "@chaos-agents/core";
import { databaseAgent } from "@chaos-agents/database";
import { builtInProbes } from "@chaos-agents/engine/probes";
import { hostAgent } from "@chaos-agents/host";
import { kubernetesAgent } from "@chaos-agents/kubernetes";
import { openHost } from "./hosts.ts";

export { microvm } from "./hosts.ts";

/** All that is shipped. No agent loads its drivers before it connects. */
export const catalog: Catalog = {
  agents: [databaseAgent, kubernetesAgent, hostAgent(openHost)],
  probes: builtInProbes,
};
