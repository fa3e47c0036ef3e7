import { z } from "zod";

/** The kinds of objects we look at or change, and where the API has them. */
const kinds = {
  Namespace: ["/api/v1", "namespaces", false],
  Node: ["/api/v1", "nodes", false],
  Pod: ["/api/v1", "pods", true],
  Service: ["/api/v1", "services", true],
  ConfigMap: ["/api/v1", "configmaps", true],
  Secret: ["/api/v1", "secrets", true],
  ResourceQuota: ["/api/v1", "resourcequotas", true],
  ReplicationController: ["/api/v1", "replicationcontrollers", true],
  Deployment: ["/apis/apps/v1", "deployments", true],
  ReplicaSet: ["/apis/apps/v1", "replicasets", true],
  StatefulSet: ["/apis/apps/v1", "statefulsets", true],
  DaemonSet: ["/apis/apps/v1", "daemonsets", true],
  Job: ["/apis/batch/v1", "jobs", true],
  NetworkPolicy: ["/apis/networking.k8s.io/v1", "networkpolicies", true],
  EndpointSlice: ["/apis/discovery.k8s.io/v1", "endpointslices", true],
  PodDisruptionBudget: ["/apis/policy/v1", "poddisruptionbudgets", true],
  SelfSubjectAccessReview: ["/apis/authorization.k8s.io/v1", "selfsubjectaccessreviews", false],
} as const satisfies Record<string, readonly [string, string, boolean]>;

export type Kind = keyof typeof kinds;
export const kindSchema = z.enum(Object.keys(kinds) as [Kind, ...Kind[]]);

/** One object of the cluster, by name. `namespace` is empty for what stands in none. */
export interface ObjectRef {
  kind: Kind;
  namespace: string;
  name: string;
}

export const refText = ({ kind, namespace, name }: ObjectRef): string =>
  `${kind.toLowerCase()} ${namespace === "" ? name : `${namespace}/${name}`}`;

export const collectionPath = (kind: Kind, namespace: string): string => {
  const [group, plural, namespaced] = kinds[kind];
  return namespaced && namespace !== "" ? `${group}/namespaces/${namespace}/${plural}` : `${group}/${plural}`;
};

export const objectPath = ({ kind, namespace, name }: ObjectRef): string =>
  `${collectionPath(kind, namespace)}/${encodeURIComponent(name)}`;

/** As objects name it: `apps/v1`. */
export const apiVersion = (kind: Kind): string => kinds[kind][0].replace(/^\/apis?\//, "");

/** As roles name them: group and plural. */
export const resourceOf = (kind: Kind): { group: string; resource: string } => {
  const version = apiVersion(kind);
  return { group: version.includes("/") ? version.slice(0, version.indexOf("/")) : "", resource: kinds[kind][1] };
};
