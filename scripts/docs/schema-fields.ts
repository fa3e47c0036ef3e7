import { z } from "zod";
import { describeParams } from "../../apps/cli/src/describe-params.ts";

/** One key of a file, in the words of a file. */
export interface Field {
  /** With the keys above it: `hosts[].auth.type`. */
  key: string;
  type: string;
  /** Empty: it may be left out, and then there is none. */
  usual: string;
  required: boolean;
  description: string;
}

/** The keys that a schema knows; with `deep`, those inside them too. */
export function fieldsOf(schema: z.ZodType, { deep = false, under = "" } = {}): Field[] {
  const object = inner(schema);
  if (!(object instanceof z.ZodObject)) return [];
  return describeParams(object).flatMap((line): Field[] => {
    const own = object.shape[line.name] as z.ZodType;
    const field: Field = {
      key: under + line.name,
      type: isTextOrNumber(own) ? "text or number" : line.type,
      usual: line.default ?? "",
      required: line.required,
      description: line.description,
    };
    return deep ? [field, ...inside(own, field.key)] : [field];
  });
}

function inside(schema: z.ZodType, key: string): Field[] {
  const own = inner(schema);
  if (own instanceof z.ZodArray) return inside(own.element as z.ZodType, `${key}[]`);
  if (own instanceof z.ZodDiscriminatedUnion) {
    const all = own.options.flatMap((option) => fieldsOf(option as z.ZodType, { deep: true, under: `${key}.` }));
    return [...new Map(all.map((field) => [`${field.key} ${field.type}`, field])).values()];
  }
  return fieldsOf(own, { deep: true, under: `${key}.` });
}

/** A schema without what only says how it may be left out, or what becomes of it. */
function inner(schema: z.ZodType): z.ZodType {
  let own = schema;
  for (;;) {
    if (
      own instanceof z.ZodDefault ||
      own instanceof z.ZodPrefault ||
      own instanceof z.ZodOptional ||
      own instanceof z.ZodNullable
    )
      own = own.unwrap() as z.ZodType;
    else if (own instanceof z.ZodPipe) own = own.in as z.ZodType;
    else return own;
  }
}

/** JSON Schema writes this as a list of types, which the words for people do not know. */
function isTextOrNumber(schema: z.ZodType): boolean {
  const { type } = z.toJSONSchema(schema, { io: "input", unrepresentable: "any" });
  return Array.isArray(type) && String(type) === "string,number";
}
