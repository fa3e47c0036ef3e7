import type { Mark } from "@chaos-agents/core";
import type { Cluster } from "./cluster.ts";
import { type Kind, refText } from "./kinds.ts";
import { runLabel } from "./marks.ts";

const made: readonly Kind[] = ["Job", "NetworkPolicy", "ResourceQuota", "Pod"];

/** Everything that carries our label, whatever our journal says. */
export async function clusterMarks(cluster: Cluster, signal: AbortSignal): Promise<Mark[]> {
  const namespace = cluster.config.namespace ?? "";
  const found = made.map(async (kind) => {
    const marks: Mark[] = [];
    for await (const object of cluster.api.list(kind, namespace, { labelSelector: runLabel }, signal)) {
      const { name, uid, namespace: where = "", labels } = object.metadata;
      const ref = { kind, namespace: where, name };
      marks.push({
        key: refText(ref),
        detail: `${refText(ref)} of run ${labels![runLabel]}`,
        run: labels![runLabel]!,
        remove: async (signal) => {
          await cluster.api.delete(ref, uid, signal);
          return { outcome: "undone", detail: `${refText(ref)} is deleted` };
        },
      });
    }
    return marks;
  });
  return (await Promise.all(found)).flat();
}
