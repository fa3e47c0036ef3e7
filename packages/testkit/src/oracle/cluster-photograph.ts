import type { ReachableCluster } from "../kubernetes/given-cluster.ts";

/** What can be seen of a namespace, of the nodes, and of the cluster's own configuration: each fact by the object's kind and name, and the way to it. */
export type ClusterPhotograph = Record<string, string>;

const namespaced = {
  deployments: "/apis/apps/v1",
  replicasets: "/apis/apps/v1",
  statefulsets: "/apis/apps/v1",
  daemonsets: "/apis/apps/v1",
  jobs: "/apis/batch/v1",
  pods: "/api/v1",
  services: "/api/v1",
  configmaps: "/api/v1",
  secrets: "/api/v1",
  resourcequotas: "/api/v1",
  serviceaccounts: "/api/v1",
  networkpolicies: "/apis/networking.k8s.io/v1",
  poddisruptionbudgets: "/apis/policy/v1",
  roles: "/apis/rbac.authorization.k8s.io/v1",
  rolebindings: "/apis/rbac.authorization.k8s.io/v1",
};

/** What the cluster itself keeps changing, and what says only when and how often something was written. */
const restless =
  /^metadata\.(?:resourceVersion|generation|managedFields|creationTimestamp|uid|annotations\.deployment\.kubernetes\.io)|^status\.(?!readyReplicas|numberReady|phase)|^metadata\.ownerReferences\..*uid/;

/** ConfigMaps of the control plane's own, which come when it has the time. */
const keptByItself = /^(?:kube-|extension-apiserver-)/;

/** A pod is whose it is, where its containers come from, and whether it is ready: which of many it is does not matter. */
function podFacts(pods: readonly any[]): [string, string][] {
  const lines = pods.map(({ metadata, spec, status }) => {
    const owner = metadata.ownerReferences?.[0];
    const ready = status.conditions?.find(({ type }: any) => type === "Ready")?.status ?? "False";
    const whose = owner ? `of ${owner.kind} ${owner.name}` : metadata.name;
    const images = spec.containers.map(({ image }: any) => image).join(" ");
    const ours = Object.keys({ ...metadata.labels, ...metadata.annotations }).filter((name) => name.includes("chaos"));
    return `pod ${whose} ${images} ${metadata.deletionTimestamp ? "ending" : status.phase} ready=${ready} ${ours.join()}`;
  });
  return [...Map.groupBy(lines, (line) => line)].map(([line, same]) => [line, String(same.length)]);
}

function* facts(value: unknown, path: string): Generator<[string, string]> {
  if (value !== null && typeof value === "object") {
    for (const [key, inner] of Object.entries(value)) yield* facts(inner, path === "" ? key : `${path}.${key}`);
  } else if (!restless.test(path)) {
    yield [path, String(value)];
  }
}

const objectFacts = (kind: string, object: any): [string, string][] =>
  [["there", "yes"] as [string, string], ...facts(object, "")].map(([path, value]) => [
    `${kind} ${object.metadata.name} ${path}`,
    value,
  ]);

/**
 * As the cluster's administrator sees it, with none of the product's code. `whole`: with nodes and configuration, which on a
 * cluster that others use too never stand still.
 */
export async function photographCluster(
  cluster: Pick<ReachableCluster, "call">,
  namespace: string,
  whole = true,
): Promise<ClusterPhotograph> {
  const list = async (path: string) => (await cluster.call("GET", path)).items as any[];
  const within = Object.entries(namespaced).map(async ([kind, group]) => {
    const items = await list(`${group}/namespaces/${namespace}/${kind}`);
    if (kind === "pods") return podFacts(items);
    // what is left of an older revision has no pods
    const there = kind === "replicasets" ? items.filter(({ spec }) => spec.replicas > 0) : items;
    return there.flatMap((item) => objectFacts(kind, item));
  });
  const inNamespace = (await Promise.all(within)).flat();
  if (!whole) return Object.fromEntries(inNamespace);
  const settings = (await list("/api/v1/namespaces/kube-system/configmaps"))
    .filter(({ metadata }) => !keptByItself.test(metadata.name))
    .flatMap((item) => objectFacts("kube-system configmaps", item));
  const nodes = (await list("/api/v1/nodes")).flatMap(({ metadata, spec }) =>
    objectFacts("node", {
      metadata: { name: metadata.name, labels: metadata.labels, annotations: metadata.annotations },
      spec,
    }),
  );
  return Object.fromEntries([...inNamespace, ...settings, ...nodes]);
}

export function clusterDifferences(before: ClusterPhotograph, after: ClusterPhotograph): string[] {
  const names = new Set([...Object.keys(before), ...Object.keys(after)]);
  return [...names].flatMap((name) => {
    const [was, is] = [before[name], after[name]];
    if (was === is) return [];
    return [
      was === undefined ? `new: ${name} ${is}` : is === undefined ? `gone: ${name} ${was}` : `${name}: ${was} → ${is}`,
    ];
  });
}
