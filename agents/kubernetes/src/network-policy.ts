import { isIPv6 } from "node:net";
import type { LabelCondition } from "./label-selector.ts";

/** Whom to cut off: networks outside the cluster, or pods by their labels and those of their namespaces. */
export type Peer = { cidr: string } | { pods?: Record<string, string>; namespaces?: Record<string, string> };

export interface Cut {
  /** Whose traffic. */
  pods: readonly LabelCondition[];
  namespace: string;
  direction: "both" | "ingress" | "egress";
  /** Only these are cut off; everybody when empty. */
  peers: readonly Peer[];
  /** Only these are cut off; all when empty. */
  ports: readonly number[];
  /** Where the pods among the peers are now. */
  addresses: readonly string[];
  /** Everything is cut off but these. */
  allowNetworks: readonly string[];
  allowPorts: readonly number[];
}

/**
 * A policy can only allow: what is not allowed by any policy that selects the pods is cut off. To cut off only some, all
 * the others have to be allowed.
 */
export function policyFor(cut: Cut): Record<string, unknown> {
  const types = cut.direction === "both" ? ["Ingress", "Egress"] : [cut.direction === "ingress" ? "Ingress" : "Egress"];
  const rules = (side: "from" | "to") => [
    ...(cut.allowNetworks.length + cut.allowPorts.length > 0 ? [onlyAllowed(cut, side)] : []),
    ...(cut.peers.length > 0 ? [{ [side]: allOthers(cut) }] : []),
    ...(cut.ports.length > 0 ? [{ ports: otherPorts(cut.ports) }] : []),
  ];
  return {
    podSelector: { matchExpressions: cut.pods },
    policyTypes: types,
    ...(opens(cut) && types.includes("Ingress") && { ingress: rules("from") }),
    ...(opens(cut) && types.includes("Egress") && { egress: rules("to") }),
  };
}

/** Whether it allows anything; another policy may have closed just that. */
export const opens = (cut: Pick<Cut, "peers" | "ports" | "allowNetworks" | "allowPorts">): boolean =>
  cut.peers.length + cut.ports.length + cut.allowNetworks.length + cut.allowPorts.length > 0;

function onlyAllowed({ allowNetworks, allowPorts }: Cut, side: "from" | "to") {
  const peers = allowNetworks.map((cidr) => ({ ipBlock: { cidr } }));
  const ports = allowPorts.flatMap((port) => ["TCP", "UDP"].map((protocol) => ({ protocol, port })));
  return { ...(peers.length > 0 && { [side]: peers }), ...(ports.length > 0 && { ports }) };
}

/** Pods are other than a peer where one of its labels is another; networks go by exception. */
function allOthers({ peers, namespace, addresses }: Cut): Record<string, unknown>[] {
  const networks = peers.flatMap((peer) => ("cidr" in peer ? [peer.cidr] : []));
  const hosts = addresses.map((address) => `${address}/${isIPv6(address) ? 128 : 32}`);
  const outside = ["0.0.0.0/0", "::/0"].flatMap((cidr) => {
    if (networks.includes(cidr)) return [];
    const except = [...networks, ...hosts].filter((one) => one.includes(":") === cidr.includes(":"));
    return [{ ipBlock: { cidr, ...(except.length > 0 && { except }) } }];
  });
  return [...outside, ...otherPods(peers, namespace)];
}

type Difference = { side: "namespace" | "pod"; condition: LabelCondition };

function otherPods(peers: readonly Peer[], own: string): Record<string, unknown>[] {
  let ways: Difference[][] = [[]];
  for (const peer of peers) {
    if ("cidr" in peer) continue;
    const differences = differencesOf(peer, own);
    ways = ways.flatMap((way) => differences.map((one) => [...way, one]));
  }
  return ways.map((way) => {
    const of = (side: Difference["side"]) => way.filter((one) => one.side === side).map(({ condition }) => condition);
    const [spaces, pods] = [of("namespace"), of("pod")];
    return {
      namespaceSelector: spaces.length > 0 ? { matchExpressions: spaces } : {},
      ...(pods.length > 0 && { podSelector: { matchExpressions: pods } }),
    };
  });
}

/** Without namespaces it means pods of the policy's own. */
function differencesOf({ pods = {}, namespaces }: Exclude<Peer, { cidr: string }>, own: string): Difference[] {
  const spaces = namespaces ?? { "kubernetes.io/metadata.name": own };
  const not = (side: Difference["side"], labels: Record<string, string>) =>
    Object.entries(labels).map(([key, value]): Difference => ({
      side,
      condition: { key, operator: "NotIn", values: [value] },
    }));
  return [...not("namespace", spaces), ...not("pod", pods)];
}

/** In how many ways a pod can be none of these peers: so many selectors a policy needs. */
export const waysToDiffer = (peers: readonly Peer[]): number =>
  peers.reduce((ways, peer) => ("cidr" in peer ? ways : ways * differencesOf(peer, "").length), 1);

function otherPorts(ports: readonly number[]): Record<string, unknown>[] {
  const ranges: [number, number][] = [];
  let from = 1;
  for (const port of [...new Set(ports), 65_536].toSorted((a, b) => a - b)) {
    if (port > from) ranges.push([from, port - 1]);
    from = port + 1;
  }
  return ["TCP", "UDP", "SCTP"].flatMap((protocol) =>
    ranges.map(([port, endPort]) => ({ protocol, port, ...(endPort > port && { endPort }) })),
  );
}
