import type { KubernetesObject } from "./api.ts";
import type { Cluster } from "./cluster.ts";
import { editSchema } from "./edits.ts";
import type { Kind, ObjectRef } from "./kinds.ts";
import { changedLabel, readUndoAnnotation, runLabel } from "./marks.ts";
import { type Kept, readKeeper } from "./way-back.ts";

/** A way back that stands in the cluster, whoever made it. */
export interface Way {
  run: string;
  fault: string;
  kept: Kept;
  /** Where it is kept, and of which uid that was. */
  keeper: ObjectRef & { uid: string };
}

/** All that are kept for objects of these kinds. */
export async function waysBack(
  cluster: Cluster,
  kinds: readonly Kind[],
  namespace: string,
  signal: AbortSignal,
): Promise<Way[]> {
  const found: Way[] = [];
  if (kinds.includes("Node")) {
    for await (const node of cluster.api.list("Node", "", {}, signal)) found.push(...onNode(node));
  }
  const keepers: Kind[] = [
    ...(kinds.includes("Secret") ? ["Secret" as const] : []),
    ...(kinds.some((kind) => kind !== "Secret" && kind !== "Node") ? ["ConfigMap" as const] : []),
  ];
  for (const kind of keepers) {
    for await (const one of cluster.api.list(kind, namespace, { labelSelector: runLabel }, signal)) {
      const read = readKeeper(kind, one);
      const { name, uid } = one.metadata;
      if (read) found.push({ ...read, keeper: { kind, namespace: one.metadata.namespace!, name, uid } });
    }
  }
  return found;
}

function onNode({ metadata: { name, uid, annotations = {} } }: KubernetesObject): Way[] {
  const ref = { kind: "Node" as const, namespace: "", name };
  return Object.entries(annotations).flatMap(([annotation, text]) => {
    const owner = readUndoAnnotation(annotation);
    if (!owner) return [];
    const values = valuesIn(text);
    if (!values) return [];
    const edit = { uid, label: changedLabel(owner.run, owner.fault), values };
    return [{ ...owner, kept: { ...ref, edit }, keeper: { ...ref, uid } }];
  });
}

function valuesIn(text: string): Kept["edit"]["values"] | undefined {
  try {
    return editSchema.shape.values.parse(JSON.parse(text));
  } catch {
    return undefined;
  }
}
