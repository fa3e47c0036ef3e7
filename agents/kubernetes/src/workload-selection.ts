import { type ResolveContext, ChaosError } from "@chaos-agents/core";
import { z } from "zod";
import type { KubernetesObject } from "./api.ts";
import type { Cluster } from "./cluster.ts";
import { type KubernetesConfig, labelSelector, namespaceParam, noNamespace } from "./config.ts";
import type { Kind } from "./kinds.ts";
import { labelConditions, matchesLabels } from "./label-selector.ts";
import { countParams, namespaceOf, pick, refusedBy } from "./selection.ts";

const kindNames = { deployment: "Deployment", statefulset: "StatefulSet", daemonset: "DaemonSet" } as const;
type KindName = keyof typeof kindNames;
export const editableWorkloads: readonly Kind[] = Object.values(kindNames);

/** How skills of whole workloads choose; `kinds` are those the skill can break. */
export const workloadParams = <const Names extends readonly [KindName, ...KindName[]]>(kinds: Names) => ({
  ...namespaceParam,
  kind: z
    .enum(kinds)
    .default(kinds[0] as never)
    .meta({ description: "Which kind of workload" }),
  names: z
    .array(z.string().min(1))
    .min(1)
    .optional()
    .meta({ description: "Which ones by name; any that are selected when left out" }),
  label_selector: labelSelector.optional().meta({ description: "Only workloads whose pods have these labels" }),
  ...countParams,
});

export interface WorkloadSelection {
  namespace?: string | undefined;
  kind: KindName;
  names?: string[] | undefined;
  label_selector?: string | undefined;
  /** A number, a share like 50%, or all. */
  count: number | string;
  random_max_percent?: number | undefined;
}

export const kindOf = ({ kind }: WorkloadSelection): Kind => kindNames[kind];

/** Neither names nor labels, in the skill or the target, would mean any workload of the namespace. */
export function noWorkloads(config: KubernetesConfig, params: WorkloadSelection): string | undefined {
  if (params.names ?? params.label_selector ?? config.label_selector) return noNamespace(config, params);
  return "no workloads are selected, neither in its params (names or label_selector) nor in target_config (label_selector)";
}

/** As many as the params say of those that match; all that are named. */
export async function selectWorkloads(
  cluster: Cluster,
  params: WorkloadSelection,
  { matchesFilters, random, signal }: ResolveContext,
): Promise<{ kind: Kind; namespace: string; object: KubernetesObject }[]> {
  const namespace = namespaceOf(cluster, params);
  const kind = kindOf(params);
  const selector = params.label_selector ?? (params.names ? "*" : (cluster.config.label_selector ?? "*"));
  const conditions = selector === "*" ? [] : labelConditions(selector);
  const found: KubernetesObject[] = [];
  const refusals = new Set<string>();
  for await (const object of cluster.api.list(kind, namespace, {}, signal)) {
    const { name } = object.metadata;
    if (params.names ? !params.names.includes(name) : !matchesFilters(name)) continue;
    if (!matchesLabels(conditions, object.spec.template.metadata?.labels ?? {})) continue;
    const refusal = refusedBy(cluster, object);
    if (refusal) refusals.add(refusal);
    else found.push(object);
  }
  const unknown = params.names?.filter((name) => !found.some(({ metadata }) => metadata.name === name)) ?? [];
  if (unknown.length > 0 || found.length === 0) {
    const what = params.names ? `${params.kind} ${unknown.join(", ")}` : `${params.kind} with ${selector}`;
    const why = refusals.size > 0 ? ` that may be chosen: ${[...refusals].join("; ")}` : "";
    throw new ChaosError("nothing-matched", `there is no ${what} in namespace ${namespace}${why}`, {
      remedy: "chaos discover lists what runs there",
    });
  }
  const chosen = params.names ? found : pick(found, params as Parameters<typeof pick>[1], random);
  return chosen.map((object) => ({ kind, namespace, object }));
}
