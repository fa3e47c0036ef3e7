import type { SkillContext } from "@chaos-agents/core";
import type { Cluster } from "./cluster.ts";
import type { Toleration } from "./node-pods.ts";

export interface Taint {
  key: string;
  value?: string;
  effect: "NoSchedule" | "NoExecute" | "PreferNoSchedule";
}

/** Which the cluster itself sets on a closed node, and takes away when it is opened. */
export const cordonTaint: Taint = { key: "node.kubernetes.io/unschedulable", effect: "NoSchedule" };

/** Waits until the node has such a taint, or has none. */
export async function untilTainted(
  cluster: Cluster,
  name: string,
  { key, effect }: Taint,
  wanted: boolean,
  { clock, signal }: SkillContext,
): Promise<void> {
  for (;;) {
    const node = await cluster.api.find({ kind: "Node", namespace: "", name }, signal);
    const taints: readonly Taint[] = node?.spec?.taints ?? [];
    if (node === undefined || taints.some((taint) => taint.key === key && taint.effect === effect) === wanted) return;
    await clock.sleep(100, signal);
  }
}

/** As the cluster decides whether a pod may stay. */
export const tolerates = (tolerations: readonly Toleration[], taint: Taint): boolean =>
  tolerations.some(
    ({ key, operator = "Equal", value = "", effect }) =>
      (!effect || effect === taint.effect) &&
      (key ? key === taint.key : operator === "Exists") &&
      (operator === "Exists" || value === (taint.value ?? "")),
  );
