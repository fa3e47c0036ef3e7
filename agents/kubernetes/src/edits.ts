import { isDeepStrictEqual } from "node:util";
import { type UndoResult, ChaosError } from "@chaos-agents/core";
import { z } from "zod";
import { type Api, type KubernetesObject, type PatchStep, isStatus, missing } from "./api.ts";
import { type ObjectRef, refText } from "./kinds.ts";
import { pointer } from "./marks.ts";

/** One value in an object, and what it is to be. `undefined`: not there. */
export interface Change {
  /** Keys and indexes from the object's top. */
  path: readonly (string | number)[];
  value?: unknown;
}

export const editSchema = z.strictObject({
  uid: z.string(),
  /** The label that says on the object itself whose change it carries. */
  label: z.string(),
  values: z.array(
    z.strictObject({
      path: z.array(z.union([z.string(), z.int()])),
      before: z.unknown().optional(),
      ours: z.unknown().optional(),
    }),
  ),
});
/** A change of an object as its undo needs it: only what is still ours is put back. */
export type Edit = z.infer<typeof editSchema>;

export const valueAt = (object: unknown, path: readonly (string | number)[]): unknown =>
  path.reduce<any>((at, key) => (at === null || at === undefined ? undefined : at[key]), object);

/**
 * The edit that would make these changes to the object as it is now. `ours` is as the server would keep it, with its own
 * defaults; it is asked without anything being changed.
 */
export async function editOf(
  api: Api,
  ref: ObjectRef,
  object: KubernetesObject,
  { changes, label, signal }: { changes: readonly Change[]; label: string; signal: AbortSignal },
): Promise<Edit> {
  const steps = changes.map(({ path, value }) => setting(path, valueAt(object, path), value));
  const kept = await api.patch(ref, steps, signal, { dryRun: "All" });
  return {
    uid: object.metadata.uid,
    label,
    values: changes.map(({ path }) => ({
      path: [...path],
      ...defined("before", valueAt(object, path)),
      ...defined("ours", valueAt(kept, path)),
    })),
  };
}

/**
 * Makes the change where everything is still as it was when the edit was made; else throws. `also` is set in the same
 * request.
 */
export async function makeEdit(
  api: Api,
  ref: ObjectRef,
  edit: Edit,
  { also, signal }: { also?: (object: KubernetesObject) => PatchStep[]; signal: AbortSignal },
): Promise<void> {
  await patchAsSeen(api, ref, signal, (object) => {
    if (object === undefined) throw missing(ref);
    if (object.metadata.labels?.[edit.label] !== undefined) return undefined;
    const other = edit.values.find(({ path, before }) => !isDeepStrictEqual(valueAt(object, path), before));
    if (object.metadata.uid !== edit.uid || other) {
      throw new ChaosError("fault-not-landed", `${refText(ref)} was changed by somebody else at the same moment`, {
        remedy: "Run it again",
      });
    }
    return [
      ...edit.values.map(({ path, before, ours }) => setting(path, before, ours)),
      adding(object, "labels", edit.label, "true"),
      ...(also?.(object) ?? []),
    ];
  });
}

/** Puts back what is still ours; what others changed since stays theirs. `also` is set in the same request. */
export async function undoEdit(
  api: Api,
  ref: ObjectRef,
  edit: Edit,
  { also, signal }: { also?: (object: KubernetesObject) => PatchStep[]; signal: AbortSignal },
): Promise<UndoResult> {
  let result: UndoResult = { outcome: "already", detail: "" };
  await patchAsSeen(api, ref, signal, (object) => {
    if (object === undefined || object.metadata.uid !== edit.uid) {
      result = { outcome: "already", detail: `${refText(ref)} is gone` };
      return undefined;
    }
    const labelled = object.metadata.labels?.[edit.label] !== undefined;
    const removal: PatchStep[] = [
      ...(labelled ? [{ op: "remove" as const, path: pointer("metadata", "labels", edit.label) }] : []),
      ...(also?.(object) ?? []),
    ];
    const state = stateOf(object, edit);
    if (state === "ours" && labelled) {
      result = { outcome: "undone", detail: "" };
      return [...edit.values.map(({ path, before, ours }) => setting(path, ours, before)), ...removal];
    }
    result =
      state === "before" || !labelled
        ? { outcome: "already", detail: labelled ? `${whoChanged(object)} has put it back` : "" }
        : { outcome: "conflict", detail: `${refText(ref)} was changed since by ${whoChanged(object)}: that stays` };
    return removal.length > 0 ? removal : undefined;
  });
  return result;
}

/** Whether an object's values are ours, as before, or somebody else's. */
export function stateOf(object: KubernetesObject, { values }: Edit): "ours" | "before" | "other" {
  const all = (side: "ours" | "before") =>
    values.every((value) => isDeepStrictEqual(valueAt(object, value.path), value[side]));
  return all("before") ? "before" : all("ours") ? "ours" : "other";
}

/** Who wrote to it last, as the API server keeps it. */
export function whoChanged(object: KubernetesObject): string {
  const managers = (object.metadata as { managedFields?: { manager?: string; time?: string; subresource?: string }[] })
    .managedFields;
  const last = (managers ?? [])
    .filter(({ subresource }) => subresource === undefined)
    .toSorted((a, b) => (a.time ?? "").localeCompare(b.time ?? ""))
    .at(-1);
  return last?.manager ?? "somebody else";
}

/** Decides by the object as it is, and changes it only if it still is so; looks anew when it is not. */
async function patchAsSeen(
  api: Api,
  ref: ObjectRef,
  signal: AbortSignal,
  decide: (object: KubernetesObject | undefined) => PatchStep[] | undefined,
): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    const object = await api.find(ref, signal);
    const steps = decide(object);
    if (steps === undefined) return;
    const asSeen: PatchStep = {
      op: "test",
      path: "/metadata/resourceVersion",
      value: object!.metadata.resourceVersion,
    };
    try {
      await api.patch(ref, [asSeen, ...steps], signal);
      return;
    } catch (error) {
      if (!isStatus(error, 404, 409, 422) || attempt === 20) throw error;
      // what is not because of somebody else's change is said by the server
      const now = await api.find(ref, signal);
      if (now?.metadata.resourceVersion === object!.metadata.resourceVersion) throw error;
    }
  }
}

const setting = (path: readonly (string | number)[], from: unknown, to: unknown): PatchStep =>
  to === undefined
    ? { op: "remove", path: pointer(...path) }
    : { op: from === undefined ? "add" : "replace", path: pointer(...path), value: to };

export const adding = (
  { metadata }: KubernetesObject,
  where: "annotations" | "labels",
  name: string,
  value: string,
): PatchStep =>
  metadata[where] === undefined
    ? { op: "add", path: pointer("metadata", where), value: { [name]: value } }
    : { op: "add", path: pointer("metadata", where, name), value };

const defined = <Name extends string>(name: Name, value: unknown) =>
  (value === undefined ? {} : { [name]: value }) as { [key in Name]?: unknown };
