import type { Cluster } from "./cluster.ts";
import { type LabelCondition, matchesLabels } from "./label-selector.ts";

/** A disruption budget, and how many pods it lets go now. */
export interface Budget {
  name: string;
  allowed: number;
  holds: (labels: Readonly<Record<string, string>>) => boolean;
}

export async function budgetsOf(cluster: Cluster, namespace: string, signal: AbortSignal): Promise<Budget[]> {
  const found: Budget[] = [];
  for await (const { metadata, spec, status } of cluster.api.list("PodDisruptionBudget", namespace, {}, signal)) {
    const { matchLabels = {}, matchExpressions = [] } = spec.selector ?? {};
    const exact = Object.entries<string>(matchLabels).map(([key, value]): LabelCondition => ({
      key,
      operator: "In",
      values: [value],
    }));
    const conditions = [...exact, ...(matchExpressions as LabelCondition[])];
    const { name } = metadata;
    found.push({
      name,
      allowed: status?.disruptionsAllowed ?? 0,
      holds: (labels) => matchesLabels(conditions, labels),
    });
  }
  return found;
}
