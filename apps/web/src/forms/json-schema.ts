/** As much of JSON Schema as our schemas use. */
export interface Schema {
  type?: string | string[];
  title?: string;
  description?: string;
  default?: unknown;
  enum?: unknown[];
  const?: unknown;
  properties?: Record<string, Schema>;
  required?: string[];
  additionalProperties?: Schema | boolean;
  propertyNames?: Schema;
  items?: Schema;
  minItems?: number;
  minimum?: number;
  maximum?: number;
  exclusiveMinimum?: number;
  pattern?: string;
  format?: string;
  anyOf?: Schema[];
  oneOf?: Schema[];
  allOf?: Schema[];
  if?: Schema;
  then?: Schema;
  else?: Schema;
  $ref?: string;
  definitions?: Record<string, Schema>;
  $defs?: Record<string, Schema>;
}

export const choicesOf = (schema: Schema): Schema[] => schema.anyOf ?? schema.oneOf ?? [];

/** What may stand there, in a word or two. */
export function typeName(schema: Schema): string {
  if (schema.const !== undefined) return JSON.stringify(schema.const);
  if (schema.enum) return "one of";
  const choices = choicesOf(schema);
  if (choices.length > 0) return [...new Set(choices.map(typeName))].join(" or ");
  if (schema.type === "array") return schema.items ? `list of ${typeName(schema.items)}` : "list";
  if (schema.type === "object") return schema.properties ? "group" : "names and values";
  if (schema.format === "duration") return "duration";
  const type = Array.isArray(schema.type) ? schema.type.join(" or ") : schema.type;
  const names: Record<string, string> = {
    string: "text",
    integer: "whole number",
    number: "number",
    boolean: "yes or no",
  };
  return names[type ?? ""] ?? type ?? "anything";
}

/** The bounds in words, where there are any worth telling. */
export function boundsOf({ minimum, maximum, exclusiveMinimum }: Schema): string | null {
  const huge = Number.MAX_SAFE_INTEGER;
  const low =
    exclusiveMinimum !== undefined
      ? `more than ${exclusiveMinimum}`
      : minimum !== undefined && minimum > -huge
        ? `at least ${minimum.toLocaleString("en-US")}`
        : null;
  const high = maximum !== undefined && maximum < huge ? `at most ${maximum.toLocaleString("en-US")}` : null;
  return [low, high].filter((part) => part !== null).join(", ") || null;
}
