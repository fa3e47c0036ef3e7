import type { Mark } from "@chaos-agents/core";
import type { KubernetesObject } from "./api.ts";
import type { Cluster } from "./cluster.ts";
import { undoEdit } from "./edits.ts";
import { type Kind, type ObjectRef, refText } from "./kinds.ts";
import { ownedKinds } from "./lease-job.ts";
import { runLabel } from "./marks.ts";
import { alsoForget, keptText, readKeeper } from "./way-back.ts";
import { type Way, waysBack } from "./ways-back.ts";

/** Everything of ours that can be seen, whatever our journal says: what we made, and the ways back of what we changed. */
export async function clusterMarks(cluster: Cluster, signal: AbortSignal): Promise<Mark[]> {
  const namespace = cluster.config.namespace ?? "";
  const made = [...ownedKinds, "Job" as const, "ConfigMap" as const, "Secret" as const].map(async (kind) => {
    const objects = await readable(() => labelled(cluster, kind, namespace, signal));
    return objects.filter((object) => !readKeeper(kind, object)).map((object) => madeMark(cluster, kind, object));
  });
  const ways = (["ConfigMap", "Secret", "Node"] as const).map(async (kind) =>
    (await readable(() => waysBack(cluster, [kind], namespace, signal))).map((way) => wayMark(cluster, way)),
  );
  return (await Promise.all([...ways, ...made])).flat();
}

async function labelled(cluster: Cluster, kind: Kind, namespace: string, signal: AbortSignal) {
  const found: KubernetesObject[] = [];
  for await (const one of cluster.api.list(kind, namespace, { labelSelector: runLabel }, signal)) found.push(one);
  return found;
}

/** Looks where it may. */
async function readable<T>(look: () => Promise<T[]>): Promise<T[]> {
  return await look().catch((error: unknown) => {
    if ((error as { code?: string }).code === "permission-missing") return [];
    throw error;
  });
}

function madeMark(cluster: Cluster, kind: Kind, { metadata }: KubernetesObject): Mark {
  const ref: ObjectRef = { kind, namespace: metadata.namespace ?? "", name: metadata.name };
  const run = metadata.labels![runLabel]!;
  return {
    key: refText(ref),
    detail: `${refText(ref)} of run ${run}`,
    run,
    async remove(signal) {
      await cluster.api.delete(ref, metadata.uid, signal);
      return { outcome: "undone", detail: `${refText(ref)} is deleted` };
    },
  };
}

function wayMark(cluster: Cluster, { run, fault, kept, keeper }: Way): Mark {
  const { edit, ...ref } = kept;
  return {
    key: `${refText(ref)} ${run} ${fault}`,
    detail: `${keptText(kept)}, changed by run ${run}`,
    run,
    async remove(signal) {
      const result = await undoEdit(cluster.api, ref, edit, { also: alsoForget(ref, run, fault), signal });
      if (keeper.kind !== "Node") await cluster.api.delete(keeper, keeper.uid, signal);
      return result;
    },
  };
}
