import { counted, formatDuration } from "@chaos-agents/core";
import { z } from "zod";
import { type KubernetesObject, isStatus } from "../api.ts";
import type { Cluster } from "../cluster.ts";
import { defineClusterSkill } from "../cluster-skill.ts";
import { type KubernetesConfig, noPods } from "../config.ts";
import type { Kind, ObjectRef } from "../kinds.ts";
import { type PodSelection, choosePods, namespaceOf, podSelectionParams, selectPods } from "../selection.ts";

const params = z.strictObject({
  ...podSelectionParams,
  grace_period: z
    .int()
    .min(0)
    .max(3_600)
    .optional()
    .meta({ description: "Seconds a pod has to end; 0 is at once. Its own when left out" }),
});

const workloadSchema = z.strictObject({ kind: z.string(), namespace: z.string(), name: z.string(), uid: z.string() });
const undoRecord = z.strictObject({
  namespace: z.string(),
  pod: z.string(),
  uid: z.string(),
  /** Unix time in milliseconds, as we count it. */
  killedAt: z.number(),
  workload: workloadSchema,
});
type Killed = z.infer<typeof undoRecord>;
interface Data {
  namespace: string;
  pod: string;
  uid: string;
  grace: number | null;
  workload: z.infer<typeof workloadSchema>;
}

export const podKill = defineClusterSkill<z.output<typeof params>, Data, Killed>({
  name: "k8s.pod_kill",
  summary: "Delete some of the selected pods, and see that others take their place",
  effect: "What ran in them is lost; clients are cut off, and the workload is smaller until its new pods are ready.",
  reversal: "recovers-by-itself",
  reversalNote: "The workload starts new pods by itself. We wait until all that it wants are ready, and say how long it took.",
  seen: "effect",
  params,
  example: { label_selector: "app=web", count: 2 },
  undoRecord,
  rules: [
    { kind: "Pod", verbs: ["get", "list", "delete"] },
    { kind: "ReplicaSet", verbs: ["get"] },
    { kind: "Deployment", verbs: ["get"] },
  ],
  concurrency: 32,
  undoDeadline: 180_000,
  unsupported: (config: KubernetesConfig, given) => noPods(config, given),

  async resolve(cluster, asked: PodSelection & { grace_period?: number | undefined }, context) {
    const all = (await selectPods(cluster, asked, context)).filter(({ workload }) => workload !== null);
    const namespace = namespaceOf(cluster, asked);
    return choosePods(all, asked, context.random).map(({ name, uid, node, workload }) => {
      const { kind, name: owner, pods } = workload!;
      return {
        key: `${namespace}/${name}`,
        label: `delete pod ${namespace}/${name}${node && ` on ${node}`}, one of ${pods} of ${kind.toLowerCase()} ${owner}`,
        undoLabel: `wait until ${kind.toLowerCase()} ${owner} has all its pods ready`,
        cost: { pods: 1 },
        data: {
          namespace,
          pod: name,
          uid,
          grace: asked.grace_period ?? null,
          workload: { kind, namespace, name: owner, uid: workload!.uid },
        },
      };
    });
  },

  async *inject(cluster, { data }, { clock, signal }) {
    const { namespace, pod, uid, workload, grace } = data;
    yield { record: { namespace, pod, uid, killedAt: clock.now(), workload } };
    const options = grace === null ? {} : { gracePeriodSeconds: grace };
    await cluster.api.delete({ kind: "Pod", namespace, name: pod }, uid, signal, options);
  },

  async witness(cluster, { data: { namespace, pod, uid } }, _records, { signal }) {
    const now = await cluster.api.find({ kind: "Pod", namespace, name: pod }, signal);
    const there = now?.metadata.uid === uid && now.metadata.deletionTimestamp === undefined;
    return { landed: !there, detail: there ? `${pod} still runs` : `${pod} ${now?.metadata.uid === uid ? "is ending" : "is gone"}` };
  },

  async undo(cluster, { namespace, pod, uid, killedAt, workload }, { signal, clock }) {
    const still = await cluster.api.find({ kind: "Pod", namespace, name: pod }, signal);
    if (still?.metadata.uid === uid && still.metadata.deletionTimestamp === undefined) {
      return { outcome: "already", detail: `${pod} was never deleted` };
    }
    for (;;) {
      const state = await readiness(cluster, workload as ObjectRef & { uid: string }, signal);
      if (state === "gone") return { outcome: "already", detail: `${workload.name} was deleted meanwhile` };
      if (state.ready >= state.wanted) {
        const took = await readyAfter(cluster, workload, killedAt, signal);
        const all = `${state.ready} of ${counted(state.wanted, "pod")} of ${workload.name} ready`;
        return { outcome: "undone", detail: took === undefined ? all : `${all}, the last ${formatDuration(took)} after the kill` };
      }
      await clock.sleep(500, signal);
    }
  },

  async verify(cluster, { workload }, { signal }) {
    const state = await readiness(cluster, workload as ObjectRef & { uid: string }, signal);
    if (state === "gone" || state.ready >= state.wanted) return [];
    return [`${workload.name} has ${state.ready} of ${state.wanted} pods ready`];
  },
});

type Readiness = { ready: number; wanted: number } | "gone";

/** As the workload's own controller counts, once it has seen its newest spec. */
async function readiness(cluster: Cluster, ref: ObjectRef & { uid: string }, signal: AbortSignal): Promise<Readiness> {
  const workload = await cluster.api.find(ref, signal).catch((error: unknown) => {
    if (isStatus(error, 404)) return undefined;
    throw error;
  });
  if (workload === undefined || workload.metadata.uid !== ref.uid) return "gone";
  return countsOf(ref.kind, workload);
}

function countsOf(kind: Kind, { spec, status = {} }: KubernetesObject): { ready: number; wanted: number } {
  if (kind === "DaemonSet") return { ready: status.numberReady ?? 0, wanted: status.desiredNumberScheduled ?? 0 };
  if (kind === "Job") return { ready: 1, wanted: 1 };
  return { ready: status.readyReplicas ?? 0, wanted: spec.replicas ?? 1 };
}

/** Milliseconds from the kill until the last pod that became ready since, by the cluster's own times. */
async function readyAfter(
  cluster: Cluster,
  workload: { kind: string; namespace: string; name: string; uid: string },
  killedAt: number,
  signal: AbortSignal,
): Promise<number | undefined> {
  const object = await cluster.api.find(workload as ObjectRef, signal);
  const labels: Record<string, string> = object?.spec?.selector?.matchLabels ?? {};
  const labelSelector = Object.entries(labels)
    .map(([name, value]) => `${name}=${value}`)
    .join(",");
  if (labelSelector === "") return undefined;
  let last = 0;
  for await (const pod of cluster.api.list("Pod", workload.namespace, { labelSelector }, signal)) {
    const ready = pod.status?.conditions?.find((one: any) => one.type === "Ready" && one.status === "True");
    if (ready) last = Math.max(last, Date.parse(ready.lastTransitionTime));
  }
  return last >= killedAt - 1_000 ? Math.max(0, last - killedAt) : undefined;
}
