import { isDeepStrictEqual } from "node:util";
import { type UndoResult, ChaosError } from "@chaos-agents/core";
import { z } from "zod";
import { type Api, type KubernetesObject, type PatchStep, fieldManager, isStatus, missing } from "./api.ts";
import { type ObjectRef, refText } from "./kinds.ts";
import { pointer } from "./marks.ts";
import { type Path, pathSchema, pathText, placeOf, pointerIn, setting, valueAt } from "./paths.ts";

/** One value in an object, and what it is to be. `undefined`: not there. At most one new or lost item of each list. */
export interface Change {
  /** From the object's top. */
  path: Path;
  value?: unknown;
}

export const editSchema = z.strictObject({
  uid: z.string(),
  /** The label that says on the object itself whose change it carries. */
  label: z.string(),
  values: z.array(
    z.strictObject({
      path: pathSchema,
      before: z.unknown().optional(),
      ours: z.unknown().optional(),
      /** Where in its list it stood. */
      place: z.int().min(0).optional(),
    }),
  ),
});
/** A change of an object as its undo needs it: only what is still ours is put back. */
export type Edit = z.infer<typeof editSchema>;

/**
 * The edit that would make these changes to the object as it is now. `ours` is as the server would keep it, with its own
 * defaults; it is asked without anything being changed. `back` is the way back as one patch.
 */
export async function editOf(
  api: Api,
  ref: ObjectRef & { uid: string },
  { changes, label, signal }: { changes: readonly Change[]; label: string; signal: AbortSignal },
): Promise<{ edit: Edit; back: PatchStep[] }> {
  const asked = await patchAsSeen(
    api,
    ref,
    signal,
    (object) => {
      if (object?.metadata.uid !== ref.uid) throw missing(ref);
      return changes.flatMap(({ path, value }) => setting(object, path, value));
    },
    { dryRun: "All" },
  );
  const { seen, patched } = asked!;
  const edit = {
    uid: ref.uid,
    label,
    values: changes.map(({ path }) => ({
      path: [...path],
      ...defined("before", valueAt(seen, path)),
      ...defined("ours", valueAt(patched, path)),
      ...defined("place", placeOf(seen, path)),
    })),
  } as Edit;
  return { edit, back: backFrom(patched, edit) };
}

/** What puts it all back where nothing has moved since; else nothing: for who cannot look first. */
const backFrom = (patched: KubernetesObject, { uid, label, values }: Edit): PatchStep[] => [
  { op: "test", path: "/metadata/uid", value: uid },
  ...values.flatMap(({ path, ours }): PatchStep[] =>
    ours === undefined ? [] : [{ op: "test", path: pointerIn(patched, path), value: ours }],
  ),
  ...values.flatMap(({ path, before, place }) => setting(patched, path, before, place)),
  { op: "remove", path: pointer("metadata", "labels", label) },
];

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
      ...edit.values.flatMap(({ path, ours }) => setting(object, path, ours)),
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
    if (!labelled) {
      result = { outcome: "already", detail: "" };
      return removal.length > 0 ? removal : undefined;
    }
    const ours = edit.values.filter((value) => !isAs(object, value, "before") && isAs(object, value, "ours"));
    const others = edit.values.filter((value) => !isAs(object, value, "before") && !isAs(object, value, "ours"));
    const isBack = ours.length + others.length === 0 && edit.values.some((value) => isChanged(value));
    result =
      others.length > 0
        ? {
            outcome: "conflict",
            detail: `${textOf(ref, others)} was changed since by ${whoChanged(object, others)}: that stays`,
          }
        : isBack
          ? { outcome: "already", detail: `${whoChanged(object, edit.values)} has put it back` }
          : { outcome: "undone", detail: "" };
    return [...ours.flatMap(({ path, before, place }) => setting(object, path, before, place)), ...removal];
  });
  return result;
}

/** Whether the object is as the edit made it. */
export const isMade = (object: KubernetesObject, { label, values }: Edit): boolean =>
  object.metadata.labels?.[label] !== undefined &&
  values.every((value) => isAs(object, value, "ours")) &&
  (values.length === 0 || values.some((value) => isChanged(value)));

type Value = Edit["values"][number];
const isAs = (object: KubernetesObject, value: Value, side: "ours" | "before") =>
  isDeepStrictEqual(valueAt(object, value.path), value[side]);
const isChanged = ({ before, ours }: Value) => !isDeepStrictEqual(before, ours);
const textOf = (ref: ObjectRef, values: readonly Value[]) =>
  `${refText(ref)} (${values.map(({ path }) => pathText(path)).join(", ")})`;

interface ManagedFields {
  manager?: string;
  time?: string;
  subresource?: string;
  fieldsV1?: Record<string, any>;
}

/** Who but us wrote these values, as the API server keeps it; where it does not say, who wrote to the object last. */
function whoChanged({ metadata }: KubernetesObject, values: readonly Value[]): string {
  const { managedFields = [] } = metadata as { managedFields?: ManagedFields[] };
  const others = managedFields.filter(
    ({ manager, subresource }) => subresource === undefined && manager !== fieldManager,
  );
  const owners = others.filter(({ fieldsV1 }) => values.some(({ path }) => owns(fieldsV1, path)));
  const last = (owners.length > 0 ? owners : others)
    .toSorted((a, b) => (a.time ?? "").localeCompare(b.time ?? ""))
    .at(-1);
  return last?.manager ?? "somebody else";
}

/** Items of lists are looked for by what they are known by. */
const owns = (fields: Record<string, any> | undefined, path: Path): boolean =>
  path.reduce<any>((at, step) => at?.[typeof step === "object" ? `k:${JSON.stringify(step)}` : `f:${step}`], fields) !==
  undefined;

/** Somebody who writes without a pause is between two of ours once in a few times. */
const attempts = 200;

/**
 * Decides by the object as it is, and changes it only if it still is so; looks anew when it is not. Answers the object as
 * it was and as it is then; undefined where nothing was to be done.
 */
export async function patchAsSeen(
  api: Api,
  ref: ObjectRef,
  signal: AbortSignal,
  decide: (object: KubernetesObject | undefined) => PatchStep[] | undefined,
  query?: Record<string, string>,
): Promise<{ seen: KubernetesObject; patched: KubernetesObject } | undefined> {
  for (let attempt = 1; ; attempt++) {
    const object = await api.find(ref, signal);
    const steps = decide(object);
    if (steps === undefined) return undefined;
    const asSeen: PatchStep = {
      op: "test",
      path: "/metadata/resourceVersion",
      value: object!.metadata.resourceVersion,
    };
    try {
      return { seen: object!, patched: await api.patch(ref, [asSeen, ...steps], signal, query) };
    } catch (error) {
      if (!isStatus(error, 404, 409, 422) || attempt === attempts) throw error;
      if (isStatus(error, 409)) continue;
      // what is not because of somebody else's change is said by the server
      const now = await api.find(ref, signal);
      if (now?.metadata.resourceVersion === object!.metadata.resourceVersion) throw error;
    }
  }
}

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
