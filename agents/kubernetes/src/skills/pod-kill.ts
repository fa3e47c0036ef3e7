import { counted, formatDuration } from "@chaos-agents/core";
import { z } from "zod";
import type { Cluster } from "../cluster.ts";
import { defineClusterSkill } from "../cluster-skill.ts";
import { type KubernetesConfig, noPods } from "../config.ts";
import type { ObjectRef } from "../kinds.ts";
import {
  type PodSelection,
  choosePods,
  namespaceOf,
  podSelectionParams,
  selectPods,
  podSelectionRules,
} from "../selection.ts";

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
  reversalNote:
    "The workload starts new pods by itself. We wait until all that it wants are ready, and say how long it took.",
  seen: "effect",
  params,
  example: { label_selector: "app=web", count: 2 },
  undoRecord,
  rules: [{ kind: "Pod", verbs: ["get", "delete"] }, ...podSelectionRules],
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

  async witness(cluster, { data }, _records, { signal }) {
    const there = await isThere(cluster, data, signal);
    return { landed: !there, detail: there ? `${data.pod} still runs` : `${data.pod} was deleted` };
  },

  async undo(cluster, killed, { signal }) {
    const { pod, uid, killedAt, workload } = killed;
    const ref = workload as ObjectRef & { uid: string };
    const first = await cluster.readiness.after(killedAt, ref, signal);
    if (first !== "gone" && first.uids.has(uid) && (await isThere(cluster, killed, signal))) {
      return { outcome: "already", detail: `${pod} was never deleted` };
    }
    const now = await cluster.readiness.settled(killedAt, ref, uid, signal);
    if (now === "gone") return { outcome: "already", detail: `${workload.name} was deleted meanwhile` };
    const all = `${now.ready} of ${counted(now.wanted, "pod")} of ${workload.name} ready`;
    const took = now.lastReadyAt - killedAt;
    // the cluster counts in whole seconds
    const detail = took > -1_000 ? `${all}, the last ${formatDuration(Math.max(0, took))} after the kill` : all;
    return { outcome: now.waited ? "undone" : "already", detail };
  },

  async verify(cluster, { workload }, { signal, clock }) {
    const now = await cluster.readiness.after(clock.now() - 10_000, workload as ObjectRef & { uid: string }, signal);
    if (now === "gone" || now.ready >= now.wanted) return [];
    return [`${workload.name} has ${now.ready} of ${now.wanted} pods ready`];
  },
});

async function isThere(
  { api }: Cluster,
  { namespace, pod, uid }: Pick<Killed, "namespace" | "pod" | "uid">,
  signal: AbortSignal,
): Promise<boolean> {
  const now = await api.find({ kind: "Pod", namespace, name: pod }, signal);
  return now?.metadata.uid === uid && now.metadata.deletionTimestamp === undefined;
}
