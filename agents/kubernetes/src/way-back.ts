import { createHash } from "node:crypto";
import { z } from "zod";
import { type KubernetesObject, type PatchStep, isStatus } from "./api.ts";
import type { Cluster } from "./cluster.ts";
import { type Edit, adding, editSchema } from "./edits.ts";
import { type Kind, type ObjectRef, kindSchema, refText } from "./kinds.ts";
import { pathText } from "./paths.ts";
import { endUndoJob, startUndoJob } from "./undo-job.ts";
import { faultAnnotation, pointer, runLabel, undoAnnotation } from "./marks.ts";

const refSchema = z.strictObject({ kind: kindSchema, namespace: z.string(), name: z.string() });
/** A workload that feels a change of something else, and how many of its pods were ready before. */
const feelingSchema = refSchema.extend({ uid: z.string(), ready: z.int().min(0) });
export type Feeling = z.infer<typeof feelingSchema>;

export const keptSchema = refSchema.extend({ edit: editSchema, felt: z.array(feelingSchema).optional() });
/** A way back, as the cluster keeps it beside our journal. */
export type Kept = z.infer<typeof keptSchema>;

/**
 * Where the cluster keeps it: in a ConfigMap of ours beside the object, in a Secret for what was secret; for what stands in
 * no namespace, in an annotation of its own. Controllers copy the annotations of workloads to what they make, and leave
 * them there.
 */
export const keeperOf = ({ kind, namespace, name }: ObjectRef, run: string, fault: string): ObjectRef => {
  const short = createHash("sha256").update(`${kind}/${name}`).digest("hex").slice(0, 8);
  return { kind: keeperKind(kind), namespace, name: `chaos-undo-${run}-${fault}-${short}` };
};

export const isOutside = ({ namespace }: ObjectRef): boolean => namespace === "";

/** What the ways back of this kind are kept in. */
export const keeperKind = (kind: Kind): Kind => (kind === "Secret" ? "Secret" : "ConfigMap");

/** As our journal has it: of what is secret it knows where it stands, and no more. */
export const withoutSecrets = (kept: Kept): Kept => {
  if (kept.kind !== "Secret") return kept;
  const values = kept.edit.values.map(({ path }) => ({ path }));
  return { ...kept, edit: { ...kept.edit, values } };
};

/** With the values that the cluster alone keeps; undefined where it has none. */
export async function withSecrets(
  cluster: Cluster,
  kept: Kept,
  run: string,
  fault: string,
  signal: AbortSignal,
): Promise<Kept | undefined> {
  if (kept.kind !== "Secret") return kept;
  const keeper = keeperOf(kept, run, fault);
  const there = await cluster.api.find(keeper, signal);
  return there && readKeeper(keeper.kind, there)?.kept;
}

/** The one in the object itself, with the change. */
export const alsoKeep =
  (ref: ObjectRef, edit: Edit, run: string, fault: string) =>
  (object: KubernetesObject): PatchStep[] =>
    isOutside(ref) ? [adding(object, "annotations", undoAnnotation(run, fault), JSON.stringify(edit.values))] : [];

export const alsoForget =
  (ref: ObjectRef, run: string, fault: string) =>
  ({ metadata }: KubernetesObject): PatchStep[] => {
    const name = undoAnnotation(run, fault);
    return isOutside(ref) && metadata.annotations?.[name] !== undefined
      ? [{ op: "remove", path: pointer("metadata", "annotations", name) }]
      : [];
  };

/** Before the change. `back`: for a Job that does it without us. */
export async function keep(
  cluster: Cluster,
  kept: Kept,
  { run, fault, back }: { run: string; fault: string; back: readonly PatchStep[] },
  signal: AbortSignal,
): Promise<void> {
  if (isOutside(kept)) return;
  const keeper = keeperOf(kept, run, fault);
  const { kind, namespace, name } = keeper;
  const withJob = cluster.config.undo_job !== undefined;
  const metadata = { name, namespace, labels: { [runLabel]: run }, annotations: { [faultAnnotation]: fault } };
  const texts = { undo: JSON.stringify(kept), ...(withJob && { patch: JSON.stringify(back) }) };
  const asKept = (text: string) => (kind === "Secret" ? Buffer.from(text).toString("base64") : text);
  const data = Object.fromEntries(Object.entries(texts).map(([key, text]) => [key, asKept(text)]));
  await cluster.api.create(kind, { metadata, data }, signal).catch((error: unknown) => {
    if (!isStatus(error, 409)) throw error;
  });
  if (withJob) await startUndoJob(cluster, { ref: kept, keeper, run }, signal);
}

/** After the undo. */
export async function forget(
  cluster: Cluster,
  ref: ObjectRef,
  run: string,
  fault: string,
  signal: AbortSignal,
): Promise<void> {
  if (isOutside(ref)) return;
  const keeper = keeperOf(ref, run, fault);
  if (cluster.config.undo_job) await endUndoJob(cluster, keeper, run, signal);
  const there = await cluster.api.find(keeper, signal);
  if (there?.metadata.labels?.[runLabel] === run) await cluster.api.delete(keeper, there.metadata.uid, signal);
}

/** What a keeper of ours says; undefined for what is none, or was changed by somebody. */
export function readKeeper(
  kind: Kind,
  { metadata, data }: KubernetesObject,
): { run: string; fault: string; kept: Kept } | undefined {
  const run = metadata.labels?.[runLabel];
  const fault = metadata.annotations?.[faultAnnotation];
  const text = kind === "Secret" ? Buffer.from(data?.["undo"] ?? "", "base64").toString() : (data?.["undo"] ?? "");
  if (run === undefined || fault === undefined) return undefined;
  try {
    return { run, fault, kept: keptSchema.parse(JSON.parse(text)) };
  } catch {
    return undefined;
  }
}

export const keptText = ({ edit, ...ref }: Kept): string =>
  `${refText(ref)}: ${edit.values.map(({ path }) => pathText(path)).join(", ")}`;
