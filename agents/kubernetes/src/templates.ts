import { type SkillContext, type Witness, ChaosError, counted } from "@chaos-agents/core";
import { z } from "zod";
import type { KubernetesObject } from "./api.ts";
import type { Cluster } from "./cluster.ts";
import type { Editing } from "./edit-skill.ts";
import type { Change } from "./edits.ts";
import type { Kind } from "./kinds.ts";
import { changedLabel } from "./marks.ts";
import type { Path } from "./paths.ts";
import { podSelectorOf, readySince } from "./readiness.ts";
import { isObserved, rolledOut } from "./rollout.ts";
import { kindOf, workloadParams } from "./workload-selection.ts";

/** How skills choose that change the template of pods. */
export const templateParams = {
  ...workloadParams(["deployment", "statefulset", "daemonset"]),
  container: z
    .string()
    .min(1)
    .optional()
    .meta({ description: "Which container, by name; the workload's default one, or its first, when left out" }),
};

export const atOnceParam = (usual: boolean) => ({
  at_once: z.boolean().default(usual).meta({
    description: "All pods are replaced at once; false: as in a release, which stops at the first that is not ready",
  }),
});

export interface TemplateEditing extends Editing {
  atOnce: boolean;
}

export const containerPath = (container: string): Path => [
  "spec",
  "template",
  "spec",
  "containers",
  { name: container },
];

/** The container that is meant. */
export function containerOf({ spec, metadata }: KubernetesObject, wanted: string | undefined): any {
  const { metadata: { annotations = {} } = {}, spec: pod } = spec.template;
  const name = wanted ?? annotations["kubectl.kubernetes.io/default-container"] ?? pod.containers[0].name;
  const found = pod.containers.find((one: any) => one.name === name);
  if (found) return found;
  throw new ChaosError("nothing-matched", `${metadata.name} has no container ${name}`, {
    remedy: `It has: ${pod.containers.map((one: any) => one.name).join(", ")}`,
  });
}

/** The changes, and our mark on the pods that they make. */
export function templateEditing(
  { kind, namespace, object }: { kind: Kind; namespace: string; object: KubernetesObject },
  changes: readonly Change[],
  atOnce: boolean,
  { run, fault }: SkillContext,
): TemplateEditing {
  const { name, uid } = object.metadata;
  const mark = { path: ["spec", "template", "metadata", "annotations", changedLabel(run, fault)], value: "true" };
  const recreate = atOnce && kind === "Deployment" ? [{ path: ["spec", "strategy"], value: { type: "Recreate" } }] : [];
  return { kind, namespace, name, uid, changes: [...changes, mark, ...recreate], atOnce };
}

/** Ends the pods of the template before, where all are to go at once and the workload itself would not. */
async function endOthers(cluster: Cluster, editing: TemplateEditing, context: SkillContext): Promise<void> {
  const { clock, signal } = context;
  if (!editing.atOnce || editing.kind === "Deployment") return;
  while (!isObserved(await cluster.api.get(editing, signal))) await clock.sleep(100, signal);
  const { others } = await podsByMark(cluster, editing, context);
  for (const { metadata } of others) {
    const pod = { kind: "Pod" as const, namespace: editing.namespace, name: metadata.name };
    await cluster.api.delete(pod, metadata.uid, signal);
  }
}

/** Waits for pods that carry the change and are as it wants them, then says how many. */
export async function untilPods(
  cluster: Cluster,
  editing: TemplateEditing,
  context: SkillContext,
  isSo: (pod: KubernetesObject) => boolean,
  words: string,
): Promise<Witness> {
  for (;;) {
    const { ours, others } = await podsByMark(cluster, editing, context);
    const so = ours.filter((pod) => isSo(pod));
    const all = ours.length + others.length;
    const why = new Set(so.flatMap((pod) => waiting(pod)));
    const said = why.size > 0 ? ` (${[...why].join(", ")})` : "";
    const detail = `${so.length} of ${counted(all, "pod")} of ${editing.name} ${words}${said}`;
    if (so.length > 0 && !(editing.atOnce && others.length > 0)) return { landed: true, detail };
    await context.clock.sleep(250, context.signal);
  }
}

const starting = ["ContainerCreating", "PodInitializing"];
const waiting = ({ status }: KubernetesObject): string[] =>
  (status?.containerStatuses ?? []).flatMap(({ state = {} }: any) => state.waiting?.reason ?? []);

export const cannotStart = (pod: KubernetesObject): boolean =>
  waiting(pod).some((reason) => !starting.includes(reason)) ||
  (pod.status?.containerStatuses ?? []).some(({ state = {} }: any) => state.terminated !== undefined);

export const runsUnready = (pod: KubernetesObject): boolean =>
  readySince(pod) === undefined &&
  (pod.status?.containerStatuses ?? []).some(({ state = {} }: any) => state.running !== undefined);

async function podsByMark(
  cluster: Cluster,
  editing: TemplateEditing,
  { run, fault, signal }: SkillContext,
): Promise<{ ours: KubernetesObject[]; others: KubernetesObject[] }> {
  const workload = await cluster.api.get(editing, signal);
  const ours: KubernetesObject[] = [];
  const others: KubernetesObject[] = [];
  for await (const pod of cluster.api.list("Pod", editing.namespace, podSelectorOf(workload), signal)) {
    const { deletionTimestamp, annotations = {} } = pod.metadata;
    if (deletionTimestamp !== undefined) continue;
    (annotations[changedLabel(run, fault)] === undefined ? others : ours).push(pod);
  }
  return { ours, others };
}

/** What skills have in common that change the template of pods. */
export const templateSkill = {
  reversal: "compensated" as const,
  seen: "effect" as const,
  kinds: ["Deployment", "StatefulSet", "DaemonSet"] as const,
  kindOf,
  rules: [{ kind: "Pod" as const, verbs: ["list", "delete"] }],
  concurrency: 16,
  witnessDeadline: 120_000,
  undoDeadline: 300_000,
  complete: endOthers,
  settle: rolledOut,
};
