import { z } from "zod";

export interface ParamLine {
  name: string;
  type: string;
  /** As it would be written in a file; null: it has to be given. */
  default: string | null;
  required: boolean;
  description: string;
}

type Json = z.core.JSONSchema.JSONSchema;

/** The params of a skill, from its schema, in the words of a file. */
export function describeParams(params: z.ZodType): ParamLine[] {
  const schema = z.toJSONSchema(params, { io: "input", unrepresentable: "any" }) as Json;
  const required = new Set(schema.required);
  return Object.entries(schema.properties ?? {}).map(([name, property]) => {
    const one = typeof property === "object" ? property : {};
    return {
      name,
      type: typeOf(one),
      default: one.default === undefined ? null : written(one.default, one.format),
      required: required.has(name),
      description: one.description ?? "",
    };
  });
}

/** Durations need no quotes. */
const written = (value: unknown, format: string | undefined): string =>
  format === "duration" ? String(value) : JSON.stringify(value);

function typeOf(schema: Json): string {
  if (schema.enum) return `one of ${schema.enum.map(String).join(", ")}`;
  if (schema.const !== undefined) return JSON.stringify(schema.const);
  if (schema.format === "duration") return "duration";
  const options = schema.anyOf ?? schema.oneOf;
  if (options) return [...new Set(options.map((one) => typeOf(one)))].join(" or ");
  switch (schema.type) {
    case "array":
      return `list of ${typeOf((schema.items ?? {}) as Json)}`;
    case "object":
      return objectType(schema);
    case "integer":
    case "number":
      return `${schema.type === "integer" ? "whole number" : "number"}${bounds(schema)}`;
    case "boolean":
      return "true or false";
    case "string":
      return "text";
    default:
      return schema.type === "null" ? "null" : "any value";
  }
}

function objectType({ properties, additionalProperties }: Json): string {
  const keys = Object.keys(properties ?? {});
  if (keys.length > 0) return `{${keys.join(", ")}}`;
  return typeof additionalProperties === "object" ? `names with ${typeOf(additionalProperties)}` : "names with values";
}

function bounds({ minimum, exclusiveMinimum, maximum, exclusiveMaximum }: Json): string {
  const low = minimum !== undefined && minimum > Number.MIN_SAFE_INTEGER ? `from ${minimum}` : "";
  const above = exclusiveMinimum === undefined ? "" : `above ${exclusiveMinimum}`;
  const high = maximum !== undefined && maximum < Number.MAX_SAFE_INTEGER ? `to ${maximum}` : "";
  const below = exclusiveMaximum === undefined ? "" : `below ${exclusiveMaximum}`;
  const said = [low, above, high, below].filter(Boolean).join(" ");
  return said === "" ? "" : ` ${said}`;
}
