import { z } from "zod";
import { type KubernetesConfig, noPods, podParams } from "../config.ts";
import { defineMadeSkill, nameOf } from "../made-skill.ts";
import { labelConditions } from "../label-selector.ts";
import { namespaceOf, selectPods, selectorOf, podSelectionParams, podSelectionRules } from "../selection.ts";

const network = z.string().regex(/^[\d.]+\/\d{1,2}$|^[\da-f:]+\/\d{1,3}$/i, "write a network like 10.0.0.0/24");

const params = z.strictObject({
  ...podParams,
  direction: z
    .enum(["both", "ingress", "egress"])
    .default("both")
    .meta({ description: "Which way is closed: to the pods, from them, or both" }),
  allow_networks: z.array(network).default([]).meta({ description: "Networks that stay open; all others are closed" }),
  allow_ports: z
    .array(z.int().min(1).max(65_535))
    .default([])
    .meta({ description: "Ports that stay open, to and from anybody; with allow_networks only to and from those" }),
});
const everyPod = z.strictObject(podSelectionParams);

export const networkChaos = defineMadeSkill<z.output<typeof params>>({
  name: "k8s.network_chaos",
  summary: "Cut the selected pods off the network, all of it or all but some",
  effect: "Connections to and from the pods time out where the cluster's network plugin enforces policies.",
  reversalNote: "The policy is deleted. Connections that timed out meanwhile stay lost.",
  seen: "accepted",
  params,
  example: { pod_selector: { app: "web" } },
  makes: [{ kind: "NetworkPolicy" }],
  rules: podSelectionRules,
  unsupported: (config: KubernetesConfig, given) => noPods(config, given),

  async resolve(cluster, given, context) {
    const namespace = namespaceOf(cluster, given);
    const selector = selectorOf(cluster, given);
    const { direction, allow_networks, allow_ports, ...where } = given;
    const pods = await selectPods(cluster, everyPod.parse({ ...where }), context);
    const types = direction === "both" ? ["Ingress", "Egress"] : [direction === "ingress" ? "Ingress" : "Egress"];
    const peers = allow_networks.map((cidr) => ({ ipBlock: { cidr } }));
    const ports = allow_ports.flatMap((port) => ["TCP", "UDP"].map((protocol) => ({ protocol, port })));
    const open = peers.length + ports.length > 0;
    const rule = (side: "from" | "to") => ({
      ...(peers.length > 0 && { [side]: peers }),
      ...(ports.length > 0 && { ports }),
    });
    const body = {
      spec: {
        podSelector: { matchExpressions: labelConditions(selector) },
        policyTypes: types,
        ...(open && types.includes("Ingress") && { ingress: [rule("from")] }),
        ...(open && types.includes("Egress") && { egress: [rule("to")] }),
      },
    };
    const but = open
      ? `, but for ${[...allow_networks, ...allow_ports.map((port) => `port ${port}`)].join(" and ")}`
      : "";
    const way =
      direction === "both" ? "the network" : direction === "ingress" ? "incoming connections" : "outgoing connections";
    return [
      {
        key: `${namespace}/${selector || "*"}`,
        label: `cut ${pods.length} pods of ${namespace}${selector && ` with ${selector}`} off ${way}${but}`,
        cost: { pods: pods.length },
        data: { kind: "NetworkPolicy", namespace, name: nameOf(context.mark), body },
      },
    ];
  },

  async witness(cluster, { namespace, name }, { signal }) {
    const there = await cluster.api.find({ kind: "NetworkPolicy", namespace, name }, signal);
    return {
      landed: there !== undefined,
      detail: there ? "the cluster has taken the policy" : "there is no such policy",
    };
  },
});
