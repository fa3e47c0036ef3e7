import { counted } from "@chaos-agents/core";
import { z } from "zod";
import { missing } from "../api.ts";
import type { Cluster } from "../cluster.ts";
import { defineClusterSkill } from "../cluster-skill.ts";
import { patchAsSeen } from "../edits.ts";
import { type ObjectRef, kindSchema, refText } from "../kinds.ts";
import { setting, valueAt } from "../paths.ts";
import { podSelectorOf, wantedOf } from "../readiness.ts";
import { isRolledOut, rolledOut, rolloutFindings } from "../rollout.ts";
import { editableWorkloads, kindOf, noWorkloads, selectWorkloads, workloadParams } from "../workload-selection.ts";

const params = z.strictObject(workloadParams(["deployment", "statefulset", "daemonset"]));
type Params = z.output<typeof params>;

const workloadSchema = z.strictObject({ kind: kindSchema, namespace: z.string(), name: z.string(), uid: z.string() });
const undoRecord = workloadSchema.extend({ restartedAt: z.string() });
type Restarted = z.infer<typeof undoRecord>;

/** As kubectl rollout restart does it. */
const annotation = "kubectl.kubernetes.io/restartedAt";
const path = ["spec", "template", "metadata", "annotations", annotation];

export const rolloutRestart = defineClusterSkill<Params, z.infer<typeof workloadSchema>, Restarted>({
  name: "k8s.rollout_restart",
  summary: "Replace all pods of a workload, as kubectl rollout restart does",
  effect: "Pods end and others start, as many at once as the workload's strategy allows; what ran in them is cut off.",
  reversal: "recovers-by-itself",
  reversalNote:
    "The workload replaces its pods by itself; we wait until all are new and ready. New pods, one more revision and kubectl's restartedAt annotation stay: taking it away would restart them once more.",
  seen: "effect",
  params,
  example: { names: ["web"] },
  undoRecord,
  rules: [
    ...editableWorkloads.map((kind) => ({
      kind,
      verbs: ["get", "list", "patch"],
      when: (given: Params) => kindOf(given) === kind,
    })),
    { kind: "Pod", verbs: ["list", "delete"] },
  ],
  concurrency: 16,
  undoDeadline: 300_000,
  unsupported: noWorkloads,

  async resolve(cluster, given, context) {
    const chosen = await selectWorkloads(cluster, given, context);
    return chosen.map(({ kind, namespace, object }) => {
      const { name, uid } = object.metadata;
      const pods = wantedOf(kind, object);
      const workload = `${kind.toLowerCase()} ${namespace}/${name}`;
      return {
        key: `${namespace}/${name}`,
        label: `replace ${counted(pods, "pod")} of ${workload}`,
        undoLabel: `wait until all pods of ${workload} are new and ready`,
        cost: { pods },
        data: { kind, namespace, name, uid },
      };
    });
  },

  preflight: async (cluster, things, _params, { signal }) => await rolloutFindings(cluster, things, signal),

  async *inject(cluster, { data }, { clock, signal }) {
    const restartedAt = new Date(clock.now()).toISOString();
    yield { record: { ...data, restartedAt } };
    await patchAsSeen(cluster.api, data, signal, (object) => {
      if (object?.metadata.uid !== data.uid) throw missing(data);
      return setting(object, path, restartedAt);
    });
  },

  async witness(cluster, { data }, [record], { clock, signal }) {
    for (;;) {
      const object = await cluster.api.find(data, signal);
      if (record === undefined || object === undefined || valueAt(object, path) !== record.restartedAt)
        return { landed: false, detail: `${refText(data)} was not restarted` };
      let [fresh, all] = [0, 0];
      for await (const { metadata } of cluster.api.list("Pod", data.namespace, podSelectorOf(object), signal)) {
        if (metadata.deletionTimestamp !== undefined) continue;
        all++;
        if (metadata.annotations?.[annotation] === record.restartedAt) fresh++;
      }
      if (fresh > 0) return { landed: true, detail: `${fresh} of ${counted(all, "pod")} of ${data.name} are new` };
      await clock.sleep(250, signal);
    }
  },

  async undo(cluster, record, context) {
    const object = await restarted(cluster, record, context.signal);
    if (object === undefined) return { outcome: "already", detail: `${record.name} was not restarted, or again since` };
    const isDone = isRolledOut(record.kind, object);
    const detail = await rolledOut(cluster, record, context);
    return { outcome: isDone ? "already" : "undone", detail };
  },

  async verify(cluster, record, { signal }) {
    const object = await restarted(cluster, record, signal);
    return object === undefined || isRolledOut(record.kind, object)
      ? []
      : [`not all pods of ${refText(record)} are new and ready`];
  },
});

async function restarted(cluster: Cluster, record: ObjectRef & Restarted, signal: AbortSignal) {
  const object = await cluster.api.find(record, signal);
  const isOurs = object?.metadata.uid === record.uid && valueAt(object, path) === record.restartedAt;
  return isOurs ? object : undefined;
}
