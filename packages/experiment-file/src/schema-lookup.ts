import { z } from "zod";
import type { Path } from "./problems.ts";

type Schema = z.core.$ZodType;

/** A schema and all it wraps, down to the ones that say what the input is. */
function* layers(schema: Schema, value: unknown): Generator<Schema> {
  yield schema;
  const { def } = (schema as z.core.$ZodTypes)._zod;
  if ("innerType" in def) yield* layers(def.innerType, value);
  else if (def.type === "pipe") yield* layers(def.in, value);
  else if (def.type === "lazy") yield* layers(def.getter(), value);
  else if (def.type === "union") for (const option of fitting(def.options, value)) yield* layers(option, value);
  else if (def.type === "intersection") for (const side of [def.left, def.right]) yield* layers(side, value);
}

/** The options whose fixed words (`type: key`) are those of the value; all of them when none fits. */
function fitting(options: readonly Schema[], value: unknown): readonly Schema[] {
  const given = (value ?? {}) as Record<string, unknown>;
  const fits = options.filter((option) => {
    const { def } = (option as z.core.$ZodTypes)._zod;
    if (def.type !== "object") return false;
    const words = Object.entries(def.shape).flatMap(([key, inner]) => {
      const { def } = (inner as z.core.$ZodTypes)._zod;
      return def.type === "literal" ? [def.values.includes(given[key] as never)] : [];
    });
    return words.length > 0 && words.every(Boolean);
  });
  return fits.length > 0 ? fits : options;
}

/** Every schema that may speak for the place at `path` in `value`. */
function schemasAt(schema: Schema, value: unknown, path: Path): Schema[] {
  const here = [...layers(schema, value)];
  const [step, ...rest] = path;
  if (step === undefined) return here;
  const inner = (value as Record<string | number, unknown> | undefined)?.[step];
  return here.flatMap((layer) => {
    const { def } = (layer as z.core.$ZodTypes)._zod;
    if (def.type === "object") return Object.hasOwn(def.shape, step) ? schemasAt(def.shape[step]!, inner, rest) : [];
    if (def.type === "array") return schemasAt(def.element, inner, rest);
    if (def.type === "record") return schemasAt(def.valueType, inner, rest);
    return [];
  });
}

/** The keys a mapping may have. */
export function keysAt(schema: Schema, value: unknown, path: Path): string[] {
  const keys = schemasAt(schema, value, path).flatMap((layer) => {
    const { def } = (layer as z.core.$ZodTypes)._zod;
    return def.type === "object" ? Object.keys(def.shape) : [];
  });
  return [...new Set(keys)];
}

export const isDurationAt = (schema: Schema, value: unknown, path: Path): boolean =>
  schemasAt(schema, value, path).some((layer) => z.globalRegistry.get(layer)?.format === "duration");
