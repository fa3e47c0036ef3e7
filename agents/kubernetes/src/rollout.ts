import type { Finding, SkillContext, Thing } from "@chaos-agents/core";
import type { KubernetesObject } from "./api.ts";
import type { Cluster } from "./cluster.ts";
import { type Kind, type ObjectRef, refText } from "./kinds.ts";
import { podSelectorOf, readySince, wantedOf } from "./readiness.ts";

/** Whether the workload's controller has seen it as it is. */
export const isObserved = ({ metadata, status }: KubernetesObject): boolean =>
  (status?.observedGeneration ?? 0) >= (metadata.generation ?? 0);

/** Waits until all pods of a workload are of its template as it is now, and ready; says how it went. */
export async function rolledOut(
  cluster: Cluster,
  ref: ObjectRef & { uid: string },
  { clock, signal }: SkillContext,
): Promise<string> {
  const { kind, namespace, name, uid } = ref;
  const since = clock.now();
  for (;;) {
    const object = await cluster.api.find({ kind, namespace, name }, signal);
    if (object?.metadata.uid !== uid) return `${name} was deleted meanwhile`;
    const why = standsStill(kind, object);
    if (why) return `${why}: its pods are as they were`;
    if (isRolledOut(kind, object)) break;
    if (kind === "StatefulSet" && isObserved(object)) await freeStuck(cluster, object, signal);
    await clock.sleep(250, signal);
  }
  return await cluster.readiness.backToFull(since, { kind, namespace, name, uid }, signal);
}

/** Whether all pods of a workload are of its template as it is now, and ready. */
export function isRolledOut(kind: Kind, object: KubernetesObject): boolean {
  if (!isObserved(object)) return false;
  const { status = {} } = object;
  const wanted = wantedOf(kind, object);
  if (kind === "DaemonSet")
    return (status.updatedNumberScheduled ?? 0) === wanted && (status.numberAvailable ?? 0) === wanted;
  const counts = [status.replicas, status.updatedReplicas, status.readyReplicas, status.availableReplicas];
  return counts.every((count) => (count ?? 0) === wanted);
}

/** A stateful set waits for a broken pod to be ready, also when its template is whole again. */
async function freeStuck(cluster: Cluster, object: KubernetesObject, signal: AbortSignal): Promise<void> {
  const namespace = object.metadata.namespace!;
  for await (const pod of cluster.api.list("Pod", namespace, podSelectorOf(object), signal)) {
    const { name, uid, labels = {}, deletionTimestamp, ownerReferences = [] } = pod.metadata;
    const isOld = labels["controller-revision-hash"] !== object.status.updateRevision;
    const isIts = ownerReferences.some((owner) => owner.uid === object.metadata.uid);
    if (isIts && isOld && deletionTimestamp === undefined && readySince(pod) === undefined)
      await cluster.api.delete({ kind: "Pod", namespace, name }, uid, signal);
  }
}

/** Why a change of its template makes no new pods, or undefined. */
function standsStill(kind: Kind, { metadata, spec }: KubernetesObject): string | undefined {
  if (spec.paused === true) return `${metadata.name} is paused`;
  if (spec.updateStrategy?.type === "OnDelete") return `${metadata.name} changes its pods only when they are deleted`;
  const partition: number = spec.updateStrategy?.rollingUpdate?.partition ?? 0;
  return kind === "StatefulSet" && partition > 0
    ? `${metadata.name} has a partition, and changes only some of its pods`
    : undefined;
}

/** What is known before about workloads whose template is to change. */
export async function rolloutFindings(
  cluster: Cluster,
  things: readonly Thing<ObjectRef>[],
  signal: AbortSignal,
): Promise<Finding[]> {
  const findings = things.map(async ({ data }): Promise<Finding[]> => {
    const object = await cluster.api.get(data, signal);
    const wanted = wantedOf(data.kind, object);
    const ready: number = object.status?.readyReplicas ?? object.status?.numberReady ?? 0;
    const still = standsStill(data.kind, object) ?? (wanted === 0 ? `${data.name} has no pods` : undefined);
    if (still) return [{ level: "error", code: "no-effect", message: `${still}: nobody would feel it` }];
    if (ready >= wanted) return [];
    const message = `${refText(data)} has ${ready} of ${wanted} pods ready before anything is broken`;
    return [{ level: "warning", code: "note", message, remedy: "The undo waits until all are ready" }];
  });
  return (await Promise.all(findings)).flat();
}
