import { type Finding, counted } from "@chaos-agents/core";
import { z } from "zod";
import { type Editing, defineEditSkill } from "../edit-skill.ts";
import { feelingsOf, nodePodRules, podsOn, recovered } from "../node-pods.ts";
import { noNodes, nodeSelectionParams, selectNodes } from "../node-selection.ts";
import { type Taint, tolerates } from "../node-taints.ts";

const params = z.strictObject({
  ...nodeSelectionParams,
  key: z
    .string()
    .regex(
      /^(?:[a-z0-9][a-z0-9.-]*\/)?[A-Za-z0-9](?:[\w.-]{0,61}[A-Za-z0-9])?$/,
      "write it like example.com/maintenance",
    )
    .meta({ description: "The taint's key; pods that tolerate it feel nothing" }),
  value: z
    .string()
    .regex(/^[A-Za-z0-9](?:[\w.-]{0,61}[A-Za-z0-9])?$/, "letters, digits, dots and dashes, at most 63")
    .optional()
    .meta({ description: "The taint's value; none when left out" }),
  effect: z.enum(["NoSchedule", "NoExecute", "PreferNoSchedule"]).default("NoSchedule").meta({
    description: "NoSchedule: no new pods; PreferNoSchedule: only where nothing else is free; NoExecute: pods go",
  }),
});
type Params = z.output<typeof params> & { namespace?: undefined };

interface Tainting extends Editing {
  taint: Taint;
}

/** What the cluster sets and takes away by itself would be taken from us at once. */
const ownKeys = /^(?:[a-z0-9-]+\.)*(?:kubernetes|k8s)\.io\//;

export const nodeTaint = defineEditSkill<Params, Tainting>({
  name: "k8s.node_taint",
  summary: "Taint nodes, so that pods which do not tolerate it are kept away or have to go",
  effect: "New pods find less room; with NoExecute the pods there are deleted, whatever their disruption budgets say.",
  reversalNote:
    "Our taint is removed; others stay as they are. After NoExecute we wait until workloads are as ready as before; pods stay where they are then.",
  seen: "accepted",
  params,
  example: { node_name: "worker-2", key: "example.com/maintenance", effect: "NoSchedule" },
  kinds: ["Node"],
  clusterWide: true,
  rules: nodePodRules(({ effect }: Params) => effect === "NoExecute"),
  concurrency: 32,
  undoDeadline: 300_000,
  unsupported: (config, given) =>
    ownKeys.test(given.key) ? `the cluster itself sets and removes taints like ${given.key}` : noNodes(config, given),

  async resolve(cluster, given, context) {
    const { key, value, effect } = given;
    const taint: Taint = { key, ...(value !== undefined && { value }), effect };
    const has = (node: { spec?: any }) =>
      (node.spec?.taints ?? []).some((one: Taint) => one.key === key && one.effect === effect) as boolean;
    const nodes = await selectNodes(cluster, given, context, (node) =>
      has(node) ? `${node.metadata.name} has that taint already` : undefined,
    );
    return await Promise.all(
      nodes.map(async ({ metadata: { name, uid } }) => {
        const going = await goingFrom(cluster, name, taint, context.signal);
        return {
          key: name,
          label: `taint ${name} with ${textOf(taint)}${going.length > 0 ? `, which ends ${counted(going.length, "pod")} there` : ""}`,
          undoLabel: `remove the taint ${textOf(taint)} from ${name}`,
          cost: { nodes: 1, ...(taint.effect === "NoExecute" && { pods: going.length }) },
          ...(going.length > 0 && { reversal: "compensated" as const }),
          data: {
            kind: "Node" as const,
            namespace: "",
            name,
            uid,
            changes: [{ path: ["spec", "taints", { key, effect }], value: taint }],
            felt: await feelingsOf(cluster, going, context),
            taint,
          },
        };
      }),
    );
  },

  async preflight(cluster, things, _params, { signal }) {
    const findings: Finding[] = [];
    for (const { data } of things) {
      const { name, taint } = data;
      const { spec } = await cluster.api.get({ kind: "Node", namespace: "", name }, signal);
      const isThere = (spec?.taints ?? []).some((one: Taint) => textOf(one) === textOf(taint));
      if (isThere) findings.push({ level: "error", code: "no-effect", message: `${name} has that taint already` });
      for (const pod of await goingFrom(cluster, name, taint, signal)) {
        const what = `pod ${pod.namespace}/${pod.name} on ${name}`;
        if (pod.refusal) findings.push(refused(what, pod.refusal));
        else if (pod.tied === "nobody would start it again") findings.push(lost(what));
      }
    }
    return findings;
  },

  async witness(cluster, { name, taint }, { signal }) {
    const left = (await goingFrom(cluster, name, taint, signal)).length;
    const still = left > 0 ? `; ${counted(left, "pod")} on its way out` : "";
    return { landed: true, detail: `the API server has taken the taint of ${name}${still}` };
  },

  settle: async (cluster, { felt }, context) => await recovered(cluster, felt, context),
});

const textOf = ({ key, value, effect }: Taint) => `${key}${value ? `=${value}` : ""}:${effect}`;

/** The pods that the taint sends away. */
async function goingFrom(cluster: Parameters<typeof podsOn>[0], name: string, taint: Taint, signal: AbortSignal) {
  if (taint.effect !== "NoExecute") return [];
  const pods = await podsOn(cluster, name, signal);
  return pods.filter(({ tolerations, tied }) => tied !== "static" && !tolerates(tolerations, taint));
}

const refused = (what: string, why: string): Finding => ({
  level: "error",
  code: "side-effects",
  message: `${what} would be deleted: ${why}`,
  remedy: "Choose another node or effect, or let that pod tolerate the taint",
});

const lost = (what: string): Finding => ({
  level: "error",
  code: "side-effects",
  message: `${what} would be deleted, and nobody would start it again`,
  remedy: "Choose another node or effect, or let that pod tolerate the taint",
});
