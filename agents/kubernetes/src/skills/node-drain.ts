import { type Finding, counted, durationSchema } from "@chaos-agents/core";
import { z } from "zod";
import { type Budget, budgetsOf } from "../budgets.ts";
import { type Editing, defineEditSkill } from "../edit-skill.ts";
import { evictAll } from "../evictions.ts";
import { type PodOnNode, feelingsOf, nodePodRules, podsOn, recovered } from "../node-pods.ts";
import { noNodes, nodeSelectionParams, selectNodes } from "../node-selection.ts";
import { cordonTaint, untilTainted } from "../node-taints.ts";

const params = z.strictObject({
  ...nodeSelectionParams,
  evict: z
    .boolean()
    .default(false)
    .meta({ description: "Whether its pods have to go to other nodes, as their disruption budgets allow" }),
  timeout: durationSchema
    .prefault("2m")
    .meta({ description: "With evict: how long to wait for budgets, and for pods to end" }),
});

type Params = z.output<typeof params> & { namespace?: undefined };

interface Draining extends Editing {
  /** Milliseconds for evictions; null where nothing is evicted. */
  evict: number | null;
}

const goes = ({ tied, refusal }: PodOnNode) => tied === undefined && refusal === undefined;
const withEvict = ({ evict }: Params) => evict;

export const nodeDrain = defineEditSkill<Params, Draining>({
  name: "k8s.node_drain",
  summary: "Close nodes to new pods, and have those that are there evicted if asked for",
  effect: "New pods find less room. With evict, what runs there is ended and started anew on other nodes.",
  reversalNote:
    "Nodes that we closed are opened again. With evict we wait until what was evicted is as ready as before; pods stay where they are then.",
  seen: "effect",
  params,
  example: { node_name: "worker-2", evict: true },
  kinds: ["Node"],
  clusterWide: true,
  rules: [
    ...nodePodRules(withEvict),
    { kind: "Pod", subresource: "eviction", verbs: ["create"], cluster: true, when: withEvict },
    { kind: "PodDisruptionBudget", verbs: ["list"], cluster: true, when: withEvict },
  ],
  concurrency: 32,
  undoDeadline: 300_000,
  unsupported: noNodes,

  async resolve(cluster, given, context) {
    const spared = (node: { metadata: { name: string }; spec?: any }) =>
      node.spec?.unschedulable === true ? `${node.metadata.name} is closed already` : undefined;
    const nodes = await selectNodes(cluster, given, context, spared);
    return await Promise.all(
      nodes.map(async ({ metadata: { name, uid }, spec }) => {
        const isClosed = spec?.unschedulable === true;
        const pods = given.evict ? await podsOn(cluster, name, context.signal) : [];
        const going = pods.filter((pod) => goes(pod));
        const closing = isClosed ? `${name} is closed already` : `close ${name} to new pods`;
        const evicting = given.evict ? `, evict ${counted(going.length, "pod")}${spareText(pods)}` : "";
        return {
          key: name,
          label: `${closing}${evicting}`,
          undoLabel: isClosed ? `leave ${name} closed, as it was` : `open ${name} again`,
          cost: { nodes: 1, ...(given.evict && { pods: going.length }) },
          ...(going.length > 0 && { reversal: "compensated" as const }),
          data: {
            kind: "Node" as const,
            namespace: "",
            name,
            uid,
            changes: isClosed ? [] : [{ path: ["spec", "unschedulable"], value: true }],
            felt: await feelingsOf(cluster, going, context),
            evict: given.evict ? given.timeout : null,
          },
        };
      }),
    );
  },

  async preflight(cluster, things, { evict }, { signal }) {
    const idle = things.filter(({ data }) => data.changes.length === 0 && !evict).map(({ key }) => alreadyClosed(key));
    if (!evict) return idle;
    const budgets = new Map<string, Budget[]>();
    const findings: Finding[] = [];
    for (const { key } of things) {
      for (const pod of (await podsOn(cluster, key, signal)).filter((one) => goes(one))) {
        const { namespace, labels } = pod;
        if (!budgets.has(namespace)) budgets.set(namespace, await budgetsOf(cluster, namespace, signal));
        const tight = budgets.get(namespace)!.find(({ allowed, holds }) => allowed === 0 && holds(labels));
        if (tight) findings.push(held(pod, tight));
      }
    }
    return findings;
  },

  async complete(cluster, { name, evict }, context) {
    if (evict === null) return;
    const pods = await podsOn(cluster, name, context.signal);
    await evictAll(
      cluster,
      name,
      pods.filter((pod) => goes(pod)),
      evict,
      context,
    );
  },

  async witness(cluster, { name, evict }, context) {
    await untilTainted(cluster, name, cordonTaint, true, context);
    if (evict === null) return { landed: true, detail: `the cluster places no new pods on ${name}` };
    const left = (await podsOn(cluster, name, context.signal)).filter((pod) => goes(pod)).length;
    const detail = `the cluster places no new pods on ${name}, and ${left === 0 ? "none" : left} of those to evict is there`;
    return { landed: left === 0, detail };
  },

  async settle(cluster, { name, felt }, context) {
    const node = await cluster.api.get({ kind: "Node", namespace: "", name }, context.signal);
    if (node.spec?.unschedulable !== true) await untilTainted(cluster, name, cordonTaint, false, context);
    return await recovered(cluster, felt, context);
  },
});

const alreadyClosed = (name: string): Finding => ({
  level: "error",
  code: "no-effect",
  message: `${name} is closed to new pods already`,
  remedy: "Choose another node, or say evict: true",
});

const held = ({ namespace, name }: PodOnNode, budget: Budget): Finding => ({
  level: "warning",
  code: "no-effect",
  message: `budget ${namespace}/${budget.name} lets no pod go now: ${name} stays until it does`,
  remedy: "Give it more replicas or a looser budget, or it is waited for until timeout",
});

/** Who is left alone, and why. */
function spareText(pods: readonly PodOnNode[]): string {
  const spared = pods.filter((pod) => !goes(pod));
  const why = Map.groupBy(spared, ({ tied, refusal }) => refusal ?? tied!);
  const text = [...why].map(([reason, some]) => `${some.length} (${reason})`).join(", ");
  return text && `, leave alone ${text}`;
}
