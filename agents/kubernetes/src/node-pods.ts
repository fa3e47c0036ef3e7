import { type SkillContext, counted } from "@chaos-agents/core";
import type { Rule } from "./access.ts";
import type { KubernetesObject } from "./api.ts";
import type { Cluster } from "./cluster.ts";
import { readySince } from "./readiness.ts";
import {
  type Workload,
  Workloads,
  controllerOf,
  isSystemNamespace,
  podSelectionRules,
  refusedBy,
} from "./selection.ts";
import type { Feeling } from "./way-back.ts";

/** What looking at the pods of nodes asks of the API. */
export const nodePodRules = (when: NonNullable<Rule["when"]>): Rule[] =>
  podSelectionRules.map((rule) => ({ ...rule, cluster: true, when }));

export interface PodOnNode {
  namespace: string;
  name: string;
  uid: string;
  labels: Readonly<Record<string, string>>;
  ready: boolean;
  tolerations: readonly Toleration[];
  workload: Workload | null;
  /** Why nobody may make it go, or undefined. */
  refusal: string | undefined;
  /** Why it would not go to another node, or undefined. */
  tied: string | undefined;
}

export interface Toleration {
  key?: string;
  operator?: "Exists" | "Equal";
  value?: string;
  effect?: string;
}

/** All that run on the node and are not on their way out. */
export async function podsOn(cluster: Cluster, node: string, signal: AbortSignal): Promise<PodOnNode[]> {
  const found: PodOnNode[] = [];
  const known = new Map<string, Workloads>();
  for await (const pod of cluster.api.list("Pod", "", { fieldSelector: `spec.nodeName=${node}` }, signal)) {
    const { name, uid, deletionTimestamp, labels = {} } = pod.metadata;
    if (deletionTimestamp !== undefined || /^(?:Succeeded|Failed)$/.test(pod.status?.phase ?? "")) continue;
    const namespace = pod.metadata.namespace!;
    const workloads = known.get(namespace) ?? new Workloads(cluster, namespace);
    known.set(namespace, workloads);
    const tied = tiedTo(pod);
    const workload = tied === undefined ? await workloads.of(pod, signal) : null;
    const refusal =
      isSystemNamespace(namespace) && !cluster.config.system_namespaces
        ? `${namespace} is a namespace that the cluster itself lives in`
        : (refusedBy(cluster, pod) ??
          (workload ? refusedBy(cluster, await workloads.object(workload, signal)) : undefined));
    const ready = readySince(pod) !== undefined;
    const { tolerations = [] } = pod.spec;
    found.push({ namespace, name, uid, labels, ready, tolerations, workload, refusal, tied });
  }
  return found;
}

function tiedTo(pod: KubernetesObject): string | undefined {
  if (pod.metadata.annotations?.["kubernetes.io/config.mirror"] !== undefined) return "static";
  const owner = controllerOf(pod);
  if (!owner) return "nobody would start it again";
  return owner.kind === "DaemonSet" ? "of a daemonset" : undefined;
}

/** The workloads that lose pods, with how many of theirs are ready now. */
export async function feelingsOf(
  cluster: Cluster,
  pods: readonly PodOnNode[],
  { clock, signal }: SkillContext,
): Promise<Feeling[]> {
  const since = clock.now() - 1;
  const workloads = new Map(pods.flatMap(({ workload }) => (workload ? [[workload.uid, workload] as const] : [])));
  const lasting = [...workloads.values()].filter(({ kind }) => kind !== "Job");
  const felt = lasting.map(async ({ kind, namespace, name, uid }): Promise<Feeling[]> => {
    const now = await cluster.readiness.after(since, { kind, namespace, name, uid }, signal);
    return now === "gone" ? [] : [{ kind, namespace, name, uid, ready: now.ready }];
  });
  return (await Promise.all(felt)).flat();
}

/** Waits until each of them has as many pods ready as before. */
export async function recovered(
  cluster: Cluster,
  felt: readonly Feeling[],
  { clock, signal }: SkillContext,
): Promise<string> {
  const since = clock.now();
  await Promise.all(
    felt.map(
      async ({ ready, ...ref }) =>
        await cluster.readiness.until(since, ref, signal, (now) => now.ready >= Math.min(ready, now.wanted)),
    ),
  );
  return felt.length > 0 ? `${counted(felt.length, "workload")} of its pods as ready as before` : "";
}
