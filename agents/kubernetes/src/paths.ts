import { isDeepStrictEqual } from "node:util";
import { z } from "zod";
import type { PatchStep } from "./api.ts";
import { pointer } from "./marks.ts";

/** A key or an index; or what the item of a list is known by, which stays the same when others change the list. */
export type Step = string | number | Readonly<Record<string, string>>;
export type Path = readonly Step[];
export const pathSchema = z.array(z.union([z.string(), z.int(), z.record(z.string(), z.string())]));

const isItem = (step: Step | undefined): step is Readonly<Record<string, string>> => typeof step === "object";

const indexIn = (list: any, item: Readonly<Record<string, string>>): number =>
  Array.isArray(list)
    ? list.findIndex((one) => Object.entries(item).every(([key, value]) => one?.[key] === value))
    : -1;

const keyIn = (at: any, step: Step): string | number => (isItem(step) ? indexIn(at, step) : step);

export const valueAt = (object: unknown, path: Path): any =>
  path.reduce<any>((at, step) => at?.[keyIn(at, step)], object);

/** Where in its list an item stands; undefined for what is no item, or not there. */
export function placeOf(object: unknown, path: Path): number | undefined {
  const last = path.at(-1);
  if (!isItem(last)) return undefined;
  const index = indexIn(valueAt(object, path.slice(0, -1)), last);
  return index < 0 ? undefined : index;
}

/**
 * What sets the value in the object as it was seen, with the list or the map it stands in where there is none yet; undefined
 * takes it away. A new item of a list comes to its place where that is given, else to the end.
 */
export function setting(object: unknown, path: Path, value: unknown, place?: number): PatchStep[] {
  const isThere = valueAt(object, path) !== undefined;
  const parent = path.slice(0, -1);
  const last = path.at(-1);
  if (value === undefined) return isThere ? [{ op: "remove", path: pointerIn(object, path) }] : [];
  // the server leaves out what has become empty
  if (typeof last === "string" && parent.length > 0 && valueAt(object, parent) === undefined)
    return setting(object, parent, { [last]: value });
  if (isThere) return [{ op: "replace", path: pointerIn(object, path), value }];
  const within = valueAt(object, parent);
  if (!isItem(last)) {
    return within === undefined && typeof last === "string"
      ? setting(object, parent, { [last]: value })
      : [{ op: "add", path: pointerIn(object, path), value }];
  }
  const list = within as unknown[] | undefined;
  if (list === undefined) return [{ op: "add", path: pointerIn(object, parent), value: [value] }];
  const index = Math.min(place ?? list.length, list.length);
  return [{ op: "add", path: `${pointerIn(object, parent)}${pointer(index)}`, value }];
}

export function pointerIn(object: unknown, path: Path): string {
  return pointer(...path.map((step, i) => keyIn(valueAt(object, path.slice(0, i)), step)));
}

/** Whether one of them is, or is in, the other. */
export const overlap = (one: Path, other: Path): boolean => {
  const length = Math.min(one.length, other.length);
  return isDeepStrictEqual(one.slice(0, length), other.slice(0, length));
};

/** For people: `spec.template.spec.containers.web.image`. */
export const pathText = (path: Path): string =>
  path.map((step) => (isItem(step) ? Object.values(step).filter(Boolean).join(":") : step)).join(".");
