import { type Random, type ResolveContext, ChaosError, counted } from "@chaos-agents/core";
import { z } from "zod";
import type { Rule } from "./access.ts";
import type { KubernetesObject } from "./api.ts";
import type { Cluster } from "./cluster.ts";
import { podParams } from "./config.ts";
import type { Kind, ObjectRef } from "./kinds.ts";
import { readySince } from "./readiness.ts";
import { allowAnnotation, denyAnnotation } from "./marks.ts";

/** How many of those that match, by their number or their share. */
export const countParams = {
  count: z
    .union([z.literal("all"), z.int().min(1), z.string().regex(/^(?:100|[1-9]\d?)%$/)], {
      error: 'write a number, a share like 50%, or "all"',
    })
    .default(1)
    .meta({ description: "How many of those that match, chosen at random: a number, a share like 50%, or all" }),
  random_max_percent: z
    .int()
    .min(1)
    .max(100)
    .optional()
    .meta({ description: "Instead of count: a share chosen at random, up to so many percent" }),
};
const countSchema = z.object(countParams);

/** How skills of pods choose. */
export const podSelectionParams = {
  ...podParams,
  field_selector: z
    .string()
    .min(1)
    .optional()
    .meta({ description: "Fields that pods have to have, as kubectl takes them: spec.nodeName=worker-2" }),
  names: z.array(z.string().min(1)).optional().meta({ description: "Only pods with these names" }),
  owner: z
    .string()
    .regex(/^(?:deployment|statefulset|daemonset|replicaset|job)\/[a-z0-9.-]+$/, "write it like deployment/web")
    .optional()
    .meta({ description: "Only pods of this workload: deployment/web" }),
  node: z.string().min(1).optional().meta({ description: "Only pods on this node" }),
  ...countParams,
  max_percent: z
    .int()
    .min(1)
    .max(100)
    .default(80)
    .meta({ description: "How much of one workload at most; a choice that is more is refused" }),
};
const podSelection = z.object(podSelectionParams);
export type PodSelection = z.output<typeof podSelection>;

/** A pod that is there and not on its way out, with the workload it belongs to. */
export interface Pod {
  name: string;
  uid: string;
  node: string;
  ready: boolean;
  /** Null for a pod that nobody starts again. */
  workload: Workload | null;
}

export interface Workload extends ObjectRef {
  uid: string;
  /** Pods of it that are there. */
  pods: number;
}

/** What pods belong to. */
export const workloadKinds: readonly Kind[] = [
  "Deployment",
  "ReplicaSet",
  "StatefulSet",
  "DaemonSet",
  "Job",
  "ReplicationController",
];

/** What choosing pods asks of the API. */
export const podSelectionRules: readonly Rule[] = [
  { kind: "Pod", verbs: ["list"] },
  ...workloadKinds.map((kind) => ({ kind, verbs: ["get"] })),
];

/** Where the cluster itself lives. */
const systemNamespace =
  /^(?:kube-.+|openshift(?:-.+)?|calico-.+|cilium.*|istio-system|linkerd.*|cert-manager|gke-.+|amazon-.+)$/;

export const isSystemNamespace = (namespace: string): boolean => systemNamespace.test(namespace);

export function namespaceOf({ config }: Cluster, params: { namespace?: string | undefined }): string {
  const namespace = (params.namespace ?? config.namespace)!;
  if (config.system_namespaces || !isSystemNamespace(namespace)) return namespace;
  throw new ChaosError("side-effects-refused", `${namespace} is a namespace that the cluster itself lives in`, {
    remedy: "Say system_namespaces: true in target_config if that is meant",
  });
}

/** As the API takes it; `*` is all. */
export function selectorOf({ config }: Cluster, params: Pick<PodSelection, "label_selector" | "pod_selector">): string {
  const { label_selector, pod_selector } = params;
  const said = pod_selector
    ? Object.entries(pod_selector)
        .map(([label, value]) => `${label}=${value}`)
        .join(",")
    : (label_selector ?? config.label_selector ?? "*");
  return said === "*" ? "" : said;
}

/**
 * Every pod the params select, before any number is applied. `whole`: what is done goes by labels alone, so that pods which
 * have them and may not be chosen are an error.
 */
export async function selectPods(
  cluster: Cluster,
  params: PodSelection,
  { matchesFilters, signal }: ResolveContext,
  whole = false,
): Promise<Pod[]> {
  const namespace = namespaceOf(cluster, params);
  const labelSelector = selectorOf(cluster, params);
  const fields = [params.field_selector, params.node && `spec.nodeName=${params.node}`].filter(Boolean).join(",");
  const selection = { ...(labelSelector && { labelSelector }), ...(fields && { fieldSelector: fields }) };
  const listed: KubernetesObject[] = [];
  for await (const pod of cluster.api.list("Pod", namespace, selection, signal)) if (runs(pod)) listed.push(light(pod));
  const isEvery = Object.keys(selection).length === 0;
  const workloads = new Workloads(cluster, namespace, isEvery ? countByOwner(listed) : undefined);
  const found: Pod[] = [];
  const protectedBy = new Set<string>();
  for (const pod of listed) {
    const { name, uid } = pod.metadata;
    if (params.names && !params.names.includes(name)) continue;
    const workload = await workloads.of(pod, signal);
    if (params.owner && (workload === null || `${workload.kind.toLowerCase()}/${workload.name}` !== params.owner))
      continue;
    if (![name, workload?.name ?? name].some(matchesFilters)) {
      if (whole) protectedBy.add("resource_filters leave out some of them");
      continue;
    }
    const refusal = refusedBy(cluster, pod, ...(workload ? [await workloads.object(workload, signal)] : []));
    if (refusal) {
      protectedBy.add(refusal);
      continue;
    }
    found.push({ name, uid, node: pod.spec?.nodeName ?? "", ready: readySince(pod) !== undefined, workload });
  }
  if (whole && found.length > 0 && protectedBy.size > 0) {
    throw new ChaosError("side-effects-refused", `pods with the same labels may not be chosen${why(protectedBy)}`, {
      remedy: "Choose by labels that they do not have",
    });
  }
  if (found.length > 0) return found;
  const where = `namespace ${namespace}${labelSelector && ` with ${labelSelector}`}`;
  throw new ChaosError("nothing-matched", `no pod in ${where} may be chosen${why(protectedBy)}`, {
    remedy: "chaos discover lists what runs there",
  });
}

const why = (refusals: ReadonlySet<string>) => (refusals.size > 0 ? `: ${[...refusals].join("; ")}` : "");

/** Is there, and not on its way out. */
const runs = ({ metadata, status }: KubernetesObject) =>
  metadata.deletionTimestamp === undefined && !/^(?:Succeeded|Failed)$/.test(status?.phase ?? "");

/** What choosing asks of a pod, and no more: thousands may be held at once. */
const light = ({ metadata, spec, status }: KubernetesObject): KubernetesObject => {
  const { name, uid, resourceVersion, creationTimestamp, annotations = {}, ownerReferences = [] } = metadata;
  const conditions = status?.conditions?.filter(({ type }: { type: string }) => type === "Ready");
  return {
    metadata: { name, uid, resourceVersion, creationTimestamp, annotations, ownerReferences },
    spec: { nodeName: spec?.nodeName },
    status: { conditions },
  };
};

/** As many as the params say. Refused where that is more of one workload than they allow. */
export function choosePods(all: readonly Pod[], params: PodSelection, random: Random): Pod[] {
  const chosen = pick(all, params, random);
  const byWorkload = Map.groupBy(chosen, ({ workload }) => workload?.uid);
  for (const pods of byWorkload.values()) {
    const workload = pods[0]!.workload;
    if (workload === null) continue;
    const percent = (pods.length / workload.pods) * 100;
    if (percent <= params.max_percent) continue;
    throw new ChaosError(
      "blast-radius-exceeded",
      `that would be ${counted(pods.length, "pod")} of ${workload.pods} of ${workload.kind.toLowerCase()} ${workload.name}: more than ${params.max_percent}%`,
      { remedy: "Choose fewer, or say max_percent: 100 if all may go" },
    );
  }
  return chosen;
}

/** Chosen at random, by number or share; in the order they were listed. */
export function pick<T>(
  all: readonly T[],
  { count, random_max_percent }: z.output<typeof countSchema>,
  random: Random,
): T[] {
  const share = (percent: number) => Math.max(1, Math.floor((all.length * percent) / 100));
  const wanted =
    random_max_percent !== undefined
      ? 1 + random.below(share(random_max_percent))
      : count === "all"
        ? all.length
        : typeof count === "number"
          ? count
          : share(Number.parseInt(count, 10));
  return wanted >= all.length ? [...all] : random.sample(all, wanted);
}

/** Why its owner does not want it broken, or undefined: what says so is the object itself, or one above it. */
export function refusedBy({ config }: Cluster, ...objects: readonly KubernetesObject[]): string | undefined {
  const says = (annotation: string) => objects.find(({ metadata }) => metadata.annotations?.[annotation] === "true");
  const denies = says(denyAnnotation);
  if (denies) return `${denies.metadata.name} says ${denyAnnotation}: "true"`;
  if (!config.opt_in || says(allowAnnotation)) return undefined;
  return `${objects.at(-1)!.metadata.name} does not say ${allowAnnotation}: "true"`;
}

/** The workloads of one namespace, looked up once each. */
export class Workloads {
  readonly #cluster: Cluster;
  readonly #namespace: string;
  readonly #objects = new Map<string, Promise<KubernetesObject>>();
  readonly #found = new Map<string, Promise<Workload | null>>();
  #counts: Promise<ReadonlyMap<string, number>> | undefined;

  /** `counts`: pods by the uid of their owner, where somebody has counted them. */
  constructor(cluster: Cluster, namespace: string, counts?: ReadonlyMap<string, number>) {
    this.#cluster = cluster;
    this.#namespace = namespace;
    this.#counts = counts && Promise.resolve(counts);
  }

  of(pod: KubernetesObject, signal: AbortSignal): Promise<Workload | null> {
    const owner = controllerOf(pod);
    if (!owner) return Promise.resolve(null);
    const known = this.#found.get(owner.uid) ?? this.#look(owner, signal);
    this.#found.set(owner.uid, known);
    return known;
  }

  object(workload: ObjectRef, signal: AbortSignal): Promise<KubernetesObject> {
    const key = `${workload.kind} ${workload.name}`;
    const known = this.#objects.get(key) ?? this.#cluster.api.get(workload, signal);
    this.#objects.set(key, known);
    return known;
  }

  async #look(owner: Owner, signal: AbortSignal): Promise<Workload | null> {
    if (!(workloadKinds as readonly string[]).includes(owner.kind)) return null;
    const ref = { kind: owner.kind as Kind, namespace: this.#namespace, name: owner.name };
    const above = ref.kind === "ReplicaSet" ? controllerOf(await this.object(ref, signal)) : undefined;
    const pods = (await this.#podCounts(signal)).get(owner.uid) ?? 0;
    return above?.kind === "Deployment"
      ? { kind: "Deployment", namespace: this.#namespace, name: above.name, uid: above.uid, pods }
      : { ...ref, uid: owner.uid, pods };
  }

  #podCounts(signal: AbortSignal): Promise<ReadonlyMap<string, number>> {
    return (this.#counts ??= (async () => {
      const pods: KubernetesObject[] = [];
      for await (const pod of this.#cluster.api.list("Pod", this.#namespace, {}, signal))
        if (runs(pod)) pods.push(light(pod));
      return countByOwner(pods);
    })());
  }
}

function countByOwner(pods: readonly KubernetesObject[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const pod of pods) {
    const owner = controllerOf(pod);
    if (owner) counts.set(owner.uid, (counts.get(owner.uid) ?? 0) + 1);
  }
  return counts;
}

type Owner = NonNullable<KubernetesObject["metadata"]["ownerReferences"]>[number];
export const controllerOf = ({ metadata }: KubernetesObject): Owner | undefined =>
  metadata.ownerReferences?.find(({ controller }) => controller);
