import { type ResolveContext, ChaosError, counted } from "@chaos-agents/core";
import { z } from "zod";
import type { KubernetesObject } from "./api.ts";
import type { Cluster } from "./cluster.ts";
import { countParams, pick, refusedBy } from "./selection.ts";

/** How skills of nodes choose. */
export const nodeSelectionParams = {
  node_name: z.string().min(1).optional().meta({ description: "Which node; a random worker when left out" }),
  label_selector: z
    .string()
    .regex(/\S/, 'an empty label selector would mean every node; write "*" if that is meant')
    .optional()
    .meta({ description: 'Only nodes with these labels, such as zone=a,!gpu; "*" for all workers' }),
  ...countParams,
  max_percent: z.int().min(1).max(100).default(66).meta({
    description: "How many percent of the nodes may be closed to new pods at most, with those that already are",
  }),
};
const nodeSelection = z.object(nodeSelectionParams);
export type NodeSelection = z.output<typeof nodeSelection>;

export function noNodes(_config: unknown, { node_name, label_selector, count, random_max_percent }: NodeSelection) {
  if (node_name === undefined) return undefined;
  if (label_selector !== undefined) return "give either node_name or label_selector, not both";
  return count === 1 && random_max_percent === undefined ? undefined : "node_name is one node: leave out how many";
}

/** As many as the params say of those that match. `spared`: why choosing a node at random would do nothing to it. */
export async function selectNodes(
  cluster: Cluster,
  params: NodeSelection,
  { matchesFilters, random, signal }: ResolveContext,
  spared: (node: KubernetesObject) => string | undefined,
): Promise<KubernetesObject[]> {
  const { node_name, label_selector = "*" } = params;
  const all: KubernetesObject[] = [];
  for await (const node of cluster.api.list("Node", "", {}, signal)) all.push(node);
  const matching = new Set<string>();
  const selection = label_selector === "*" ? {} : { labelSelector: label_selector };
  for await (const { metadata } of cluster.api.list("Node", "", selection, signal)) matching.add(metadata.name);
  const refusals = new Set<string>();
  const found = all.filter((node) => {
    const { name } = node.metadata;
    if (node_name ? name !== node_name : !matching.has(name) || !matchesFilters(name)) return false;
    const own = node_name === undefined ? (controlPlane(node) ?? spared(node)) : undefined;
    const refusal = refusedBy(cluster, node) ?? own;
    if (refusal) refusals.add(refusal);
    return refusal === undefined;
  });
  if (found.length === 0) {
    const what = node_name ? `node ${node_name}` : label_selector === "*" ? "worker" : `node with ${label_selector}`;
    const why = refusals.size > 0 ? ` that may be chosen: ${[...refusals].join("; ")}` : "";
    throw new ChaosError("nothing-matched", `there is no ${what}${why}`, {
      remedy: "chaos discover lists the nodes there are",
    });
  }
  const chosen = pick(found, params, random);
  refuseTooMany(all, chosen, params);
  return chosen;
}

function refuseTooMany(all: readonly KubernetesObject[], chosen: readonly KubernetesObject[], limit: NodeSelection) {
  const workers = all.filter((node) => chosen.includes(node) || !controlPlane(node));
  const closed = workers.filter((node) => chosen.includes(node) || node.spec?.unschedulable === true);
  if ((closed.length / workers.length) * 100 <= limit.max_percent) return;
  const before = closed.length - chosen.length;
  const other = before > 0 ? `, with ${before} closed before` : "";
  throw new ChaosError(
    "blast-radius-exceeded",
    `that would close ${closed.length} of ${counted(workers.length, "node")}${other}: more than ${limit.max_percent}%`,
    { remedy: "Choose fewer, or say max_percent: 100 if all may be closed" },
  );
}

function controlPlane({ metadata: { name, labels = {} } }: KubernetesObject): string | undefined {
  const isOne = ["control-plane", "master"].some((role) => labels[`node-role.kubernetes.io/${role}`] !== undefined);
  return isOne ? `${name} is of the control plane, and has to be named` : undefined;
}
