import { type InjectContext, ChaosError, counted, formatDuration } from "@chaos-agents/core";
import { isStatus } from "./api.ts";
import { budgetsOf } from "./budgets.ts";
import type { Cluster } from "./cluster.ts";
import { objectPath } from "./kinds.ts";
import type { PodOnNode } from "./node-pods.ts";

const atOnce = 16;

/** Asks each pod to go as its budgets allow, and waits until all are gone; after the time is over it says what holds them. */
export async function evictAll(
  cluster: Cluster,
  node: string,
  pods: readonly PodOnNode[],
  timeout: number,
  { clock, signal, progress }: InjectContext,
): Promise<void> {
  const until = clock.monotonic() + timeout;
  const asked = new Set<PodOnNode>();
  for (;;) {
    const there = await uidsOn(cluster, node, signal);
    const left = pods.filter(({ uid }) => there.has(uid));
    progress(pods.length - left.length, pods.length, "pods");
    if (left.length === 0) return;
    if (clock.monotonic() >= until) throw await held(cluster, node, left, asked, timeout, signal);
    const toAsk = left.filter((pod) => !asked.has(pod));
    for (let at = 0; at < toAsk.length; at += atOnce) {
      await Promise.all(
        toAsk.slice(at, at + atOnce).map(async (pod) => {
          if (await evict(cluster, pod, signal)) asked.add(pod);
        }),
      );
    }
    await clock.sleep(250, signal);
  }
}

async function uidsOn(cluster: Cluster, node: string, signal: AbortSignal): Promise<Set<string>> {
  const uids = new Set<string>();
  for await (const { metadata } of cluster.api.list("Pod", "", { fieldSelector: `spec.nodeName=${node}` }, signal))
    uids.add(metadata.uid);
  return uids;
}

/** False where a budget holds it for now. */
async function evict(cluster: Cluster, { namespace, name, uid }: PodOnNode, signal: AbortSignal): Promise<boolean> {
  const body = {
    apiVersion: "policy/v1",
    kind: "Eviction",
    metadata: { name, namespace },
    deleteOptions: { preconditions: { uid } },
  };
  const path = `${objectPath({ kind: "Pod", namespace, name })}/eviction`;
  try {
    await cluster.api.request("POST", path, { body, patience: 0, signal });
    return true;
  } catch (error) {
    if (isStatus(error, 404, 409, 429)) return false;
    // it goes with its namespace
    if (isStatus(error, 403)) return true;
    throw error;
  }
}

async function held(
  cluster: Cluster,
  node: string,
  left: readonly PodOnNode[],
  asked: ReadonlySet<PodOnNode>,
  timeout: number,
  signal: AbortSignal,
): Promise<ChaosError> {
  const why = left.map(async (pod) => {
    const name = `${pod.namespace}/${pod.name}`;
    if (asked.has(pod)) return `${name} is still ending`;
    const budgets = (await budgetsOf(cluster, pod.namespace, signal)).filter(({ holds }) => holds(pod.labels));
    return `${name} is held by ${budgets.map((budget) => `budget ${budget.name}`).join(" and ") || "the API server"}`;
  });
  const said = (await Promise.all(why)).join("; ");
  return new ChaosError(
    "fault-not-landed",
    `${counted(left.length, "pod")} did not leave ${node} within ${formatDuration(timeout)}: ${said}`,
    { remedy: "Give more timeout, more replicas or a looser budget, or leave out evict" },
  );
}
