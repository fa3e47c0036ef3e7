import type { Cluster } from "./cluster.ts";
import type { LabelCondition } from "./label-selector.ts";
import { matchesLabels } from "./label-selector.ts";

export interface OtherPolicy {
  name: string;
  /** Whether it allows anything in one of these directions. */
  allows: boolean;
}

/** Policies of others that select some of the same pods, in one of the same directions. */
export async function otherPolicies(
  cluster: Cluster,
  { namespace, name: ours }: { namespace: string; name: string },
  { pods, types }: { pods: readonly LabelCondition[]; types: readonly string[] },
  signal: AbortSignal,
): Promise<OtherPolicy[]> {
  const others: { name: string; conditions: LabelCondition[]; allows: boolean }[] = [];
  for await (const { metadata, spec } of cluster.api.list("NetworkPolicy", namespace, {}, signal)) {
    const same = ((spec.policyTypes ?? ["Ingress"]) as string[]).filter((type) => types.includes(type));
    if (metadata.name === ours || same.length === 0) continue;
    const allows = same.some((type) => (spec[type.toLowerCase()] ?? []).length > 0);
    others.push({ name: metadata.name, conditions: conditionsOf(spec.podSelector ?? {}), allows });
  }
  const met = new Set<string>();
  if (others.length > 0) {
    for await (const { metadata } of cluster.api.list("Pod", namespace, {}, signal)) {
      const labels = metadata.labels ?? {};
      if (!matchesLabels(pods, labels)) continue;
      for (const { name, conditions } of others) if (matchesLabels(conditions, labels)) met.add(name);
    }
  }
  return others.filter(({ name }) => met.has(name)).map(({ name, allows }) => ({ name, allows }));
}

const conditionsOf = ({
  matchLabels = {},
  matchExpressions = [],
}: {
  matchLabels?: Record<string, string>;
  matchExpressions?: LabelCondition[];
}): LabelCondition[] => [
  ...Object.entries(matchLabels).map(([key, value]): LabelCondition => ({ key, operator: "In", values: [value] })),
  ...matchExpressions,
];
