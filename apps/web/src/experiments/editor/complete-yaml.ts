import type { Completion, CompletionContext, CompletionResult, CompletionSource } from "@codemirror/autocomplete";
import type { Skill } from "../../api/types.ts";
import { type Schema, typeName } from "../../forms/json-schema.ts";
import { schemasAt } from "./schema-walk.ts";
import { placeAt } from "./yaml-place.ts";

/** Keys and values that the schema allows where the cursor is, with what they mean. */
export function completeYaml(schema: Schema, skills: readonly Skill[]): CompletionSource {
  const about = new Map(skills.map(({ name, summary }) => [name, summary]));
  return (context: CompletionContext): CompletionResult | null => {
    const word = context.matchBefore(/[\w.${}-]*/);
    if (!word || (word.from === word.to && !context.explicit && !followsKey(context))) return null;
    const place = placeAt(context.state.doc.toString(), context.pos);
    const options =
      place.key === null ? keysAt(schema, place) : valuesAt(schema, place.whole, [...place.path, place.key], about);
    const wanted =
      options.length > 0 ? options : place.key === null ? valuesAt(schema, place.whole, place.path, about) : [];
    return wanted.length === 0 ? null : { from: word.from, options: wanted, validFor: /^[\w.-]*$/ };
  };
}

/** Right after `key: ` there may be a choice to offer. */
const followsKey = (context: CompletionContext) => context.matchBefore(/[\w.-]+: $/) !== null;

function keysAt(schema: Schema, { path, siblings, whole }: ReturnType<typeof placeAt>): Completion[] {
  const found = new Map<string, Completion>();
  // what fits best stands first in the schema
  for (const [index, one] of schemasAt(schema, whole, path).entries()) {
    for (const [name, property] of Object.entries(one.properties ?? {})) {
      if (name in siblings || (found.has(name) && !property.description)) continue;
      const required = one.required?.includes(name) ?? false;
      found.set(name, {
        label: name,
        apply: `${name}: `,
        type: "property",
        detail: typeName(property),
        boost: Math.max(-90, (required ? 53 : 50) - 5 * index),
        ...(property.description ? { info: property.description } : {}),
      });
    }
  }
  return [...found.values()];
}

function valuesAt(
  schema: Schema,
  whole: unknown,
  path: readonly (string | number)[],
  about: ReadonlyMap<string, string>,
): Completion[] {
  const found = new Map<string, Completion>();
  for (const one of schemasAt(schema, whole, path)) {
    const values = one.enum ?? (one.const !== undefined ? [one.const] : one.type === "boolean" ? [true, false] : []);
    for (const value of [
      ...values,
      ...(one.default !== undefined && typeof one.default !== "object" ? [one.default] : []),
    ]) {
      const label = String(value);
      const summary = about.get(label);
      if (!found.has(label))
        found.set(label, {
          label,
          type: "enum",
          ...(summary ? { info: summary } : {}),
          ...(value === one.default ? { detail: "default" } : {}),
        });
    }
  }
  return [...found.values()];
}
