import { isIP } from "node:net";
import { type Finding, type SkillContext, ChaosError, counted } from "@chaos-agents/core";
import { z } from "zod";
import type { Cluster } from "../cluster.ts";
import { type KubernetesConfig, noPods, podParams } from "../config.ts";
import { type LabelCondition, labelConditions, matchesLabels } from "../label-selector.ts";
import { type Making, defineMadeSkill, nameOf } from "../made-skill.ts";
import { type Cut, type Peer, opens, policyFor, waysToDiffer } from "../network-policy.ts";
import { completeProbe, isProbe, probeLabel, probeThings, witnessProbe } from "../network-probe.ts";
import { otherPolicies } from "../policy-overlap.ts";
import { namespaceOf, podSelectionParams, podSelectionRules, selectPods, selectorOf } from "../selection.ts";

const network = z.string().refine(isNetwork, "write a network like 10.0.0.0/24");
const port = z.int().min(1).max(65_535);
const labels = z.record(z.string().min(1), z.string());

const params = z.strictObject({
  ...podParams,
  direction: z
    .enum(["both", "ingress", "egress"])
    .default("both")
    .meta({ description: "Which way is closed: to the pods, from them, or both" }),
  peers: z
    .array(
      z.union([
        z.strictObject({ cidr: network.meta({ description: "A network outside of the cluster" }) }),
        z
          .strictObject({
            pods: labels.optional().meta({ description: "Labels of the pods; all when left out" }),
            namespaces: labels
              .optional()
              .meta({ description: "Labels of their namespaces; the pods' own namespace when left out" }),
          })
          .refine(
            ({ pods = {}, namespaces = {} }) => Object.keys({ ...pods, ...namespaces }).length > 0,
            "give labels of pods or of namespaces",
          ),
      ]),
    )
    .default([])
    .meta({
      description: "Only these are cut off, all others stay: networks, or pods by labels; everybody when empty",
    }),
  ports: z
    .array(port)
    .default([])
    .meta({ description: "Only these ports are cut off, all others stay; with peers only towards those" }),
  allow_networks: z
    .array(network)
    .default([])
    .meta({ description: "The other way round: networks that stay open, all others are closed" }),
  allow_ports: z
    .array(port)
    .default([])
    .meta({ description: "Ports that stay open, to and from anybody; with allow_networks only to and from those" }),
  witness: z.enum(["accepted", "probe"]).default("accepted").meta({
    description: "Whether two small pods are started which find out if the cluster's network enforces policies at all",
  }),
  probe_image: z
    .string()
    .min(1)
    .default("registry.k8s.io/e2e-test-images/agnhost:2.53")
    .meta({ description: "Their image: agnhost, or what understands its porter and connect" }),
});
type Params = z.output<typeof params>;
const everyPod = z.strictObject(podSelectionParams);

const probing = ({ witness }: Params) => witness === "probe";
const elsewhere = ({ peers }: Params) => peers.some((peer) => !("cidr" in peer) && peer.namespaces !== undefined);

export const networkChaos = defineMadeSkill<Params>({
  name: "k8s.network_chaos",
  summary: "Cut the selected pods off the network: all of it, all but some, or only some of it",
  effect: "Connections to and from the pods time out where the cluster's network plugin enforces policies.",
  reversalNote: "The policy is deleted. Connections that timed out meanwhile stay lost.",
  seen: "accepted",
  params,
  example: { pod_selector: { app: "web" }, direction: "egress", peers: [{ cidr: "10.20.0.0/16" }], ports: [5432] },
  makes: [{ kind: "NetworkPolicy" }, { kind: "Pod", when: probing }],
  rules: [
    ...podSelectionRules,
    { kind: "Namespace", verbs: ["list"], cluster: true, when: elsewhere },
    { kind: "Pod", verbs: ["list"], cluster: true, when: elsewhere },
  ],
  witnessDeadline: 150_000,
  unsupported(config: KubernetesConfig, given) {
    const only = given.peers.length + given.ports.length > 0;
    const but = given.allow_networks.length + given.allow_ports.length > 0;
    if (only && but)
      return "give either what is cut off (peers, ports) or what stays open (allow_networks, allow_ports)";
    if (waysToDiffer(given.peers) > mostSelectors) return "so many peers with so many labels make too large a policy";
    return noPods(config, given);
  },

  async resolve(cluster, given, context) {
    const namespace = namespaceOf(cluster, given);
    const selector = selectorOf(cluster, given);
    const { label_selector, pod_selector, direction, peers, ports } = given;
    const scope = everyPod.parse({ namespace, label_selector, pod_selector });
    const pods = await selectPods(cluster, scope, context, true);
    const spared: LabelCondition[] = probing(given) ? [{ key: probeLabel, operator: "DoesNotExist" }] : [];
    const cut: Cut = {
      pods: [...labelConditions(selector), ...spared],
      namespace,
      direction,
      peers,
      ports,
      addresses: await addressesOf(cluster, peers, namespace, context),
      allowNetworks: given.allow_networks,
      allowPorts: given.allow_ports,
    };
    const whose = `${counted(pods.length, "pod")} of ${namespace}${selector && ` with ${selector}`}`;
    return [
      {
        key: `${namespace}/${selector || "*"}`,
        label: `cut ${whose} off ${whatOf(given)}`,
        cost: { pods: pods.length },
        data: {
          kind: "NetworkPolicy" as const,
          namespace,
          name: nameOf(context.mark),
          body: { spec: policyFor(cut) },
        },
      },
      ...(probing(given) ? probeThings(context.mark, namespace, given.probe_image) : []),
    ];
  },

  async preflight(cluster, [policy], given, { signal }): Promise<Finding[]> {
    const others = await othersOf(cluster, policy!.data, signal);
    const cut = { ...given, allowNetworks: given.allow_networks, allowPorts: given.allow_ports };
    const met = others.flatMap(({ name, allows }): Finding[] =>
      opens(cut)
        ? [{ level: "error", code: "side-effects", message: openedText(name), remedy: openedRemedy }]
        : allows
          ? [
              {
                level: "warning",
                code: "no-effect",
                message: `networkpolicy ${name} allows some of these pods something: that stays allowed`,
              },
            ]
          : [],
    );
    const byLabels = given.peers.some((peer) => !("cidr" in peer));
    const later =
      "pods of these peers that start from now on may be let through, where the plugin takes pods for networks";
    return [...met, ...(byLabels ? [{ level: "info" as const, code: "note" as const, message: later }] : [])];
  },

  /** Another may have come since it was planned. */
  async complete(cluster, making, context) {
    if (isProbe(making)) return await completeProbe(cluster, making, context);
    const { ingress, egress } = specOf(making);
    const [other] = ingress || egress ? await othersOf(cluster, making, context.signal) : [];
    if (other) throw new ChaosError("side-effects-refused", openedText(other.name), { remedy: openedRemedy });
    return making.body;
  },

  async witness(cluster, made, context) {
    if (isProbe(made)) return await witnessProbe(cluster, made, context);
    const there = await cluster.api.find(made, context.signal);
    return {
      landed: there !== undefined,
      detail: there ? "the cluster has taken the policy" : "there is no such policy",
    };
  },
});

const mostSelectors = 64;

const openedText = (name: string) =>
  `networkpolicy ${name} closes some of these pods; one that cuts off only some has to allow the others, and would open them`;
const openedRemedy = "Cut off everything, which allows nothing: leave out peers, ports, allow_networks and allow_ports";

interface PolicySpec {
  podSelector: { matchExpressions: LabelCondition[] };
  policyTypes: string[];
  ingress?: unknown;
  egress?: unknown;
}
const specOf = ({ body }: Making) => body["spec"] as PolicySpec;

async function othersOf(cluster: Cluster, making: Making, signal: AbortSignal) {
  const { podSelector, policyTypes } = specOf(making);
  return await otherPolicies(cluster, making, { pods: podSelector.matchExpressions, types: policyTypes }, signal);
}

/** Where the pods among the peers are now. */
async function addressesOf(
  cluster: Cluster,
  peers: readonly Peer[],
  own: string,
  { signal }: SkillContext,
): Promise<string[]> {
  const found = new Set<string>();
  const equal = (wanted: Record<string, string>) =>
    Object.entries(wanted).map(([key, value]): LabelCondition => ({ key, operator: "In", values: [value] }));
  for (const peer of peers) {
    if ("cidr" in peer) continue;
    const spaces = peer.namespaces ? new Set<string>() : new Set([own]);
    if (peer.namespaces) {
      for await (const { metadata } of cluster.api.list("Namespace", "", {}, signal))
        if (matchesLabels(equal(peer.namespaces), metadata.labels ?? {})) spaces.add(metadata.name);
    }
    const labelSelector = Object.entries(peer.pods ?? {})
      .map(([label, value]) => `${label}=${value}`)
      .join(",");
    for (const space of spaces) {
      for await (const { status } of cluster.api.list("Pod", space, labelSelector ? { labelSelector } : {}, signal))
        for (const { ip } of status?.podIPs ?? []) found.add(ip);
    }
  }
  return [...found];
}

function whatOf({ direction, peers, ports, allow_networks: networks, allow_ports: open }: Params): string {
  const way =
    direction === "both" ? "the network" : direction === "ingress" ? "incoming connections" : "outgoing connections";
  const portsText = (some: readonly number[]) => some.map((one) => `port ${one}`).join(", ");
  const only = [peers.map(peerText).join(", "), portsText(ports)].filter(Boolean);
  const but = [...networks, portsText(open)].filter(Boolean);
  if (only.length > 0) return `${way}, as far as it goes to or from ${only.join(" at ")}`;
  return but.length > 0 ? `${way}, but for ${but.join(" and ")}` : way;
}

function peerText(peer: Peer): string {
  if ("cidr" in peer) return peer.cidr;
  const text = (some: Record<string, string> | undefined) =>
    Object.entries(some ?? {})
      .map(([label, value]) => `${label}=${value}`)
      .join(",");
  const pods = peer.pods ? `pods with ${text(peer.pods)}` : "pods";
  return peer.namespaces ? `${pods} of namespaces with ${text(peer.namespaces)}` : pods;
}

function isNetwork(text: string): boolean {
  const [address = "", bits = ""] = text.split("/");
  const most = isIP(address) === 6 ? 128 : 32;
  return isIP(address) !== 0 && /^\d{1,3}$/.test(bits) && Number(bits) <= most;
}
