import { choicesOf, type Schema } from "../../forms/json-schema.ts";

/** Every schema that has a say in the value at a path: all branches that the values beside it allow. */
export function schemasAt(root: Schema, whole: unknown, path: readonly (string | number)[]): Schema[] {
  let schemas = expand(root, root, whole);
  let value = whole;
  for (const step of path) {
    value = value !== null && typeof value === "object" ? (value as Record<string | number, unknown>)[step] : undefined;
    const here = value;
    schemas = schemas.flatMap((schema) => childrenOf(schema, step)).flatMap((schema) => expand(root, schema, here));
  }
  return schemas;
}

function childrenOf(schema: Schema, step: string | number): Schema[] {
  if (typeof step === "number") return schema.items ? [schema.items] : [];
  const named = schema.properties?.[step];
  if (named) return [named];
  return typeof schema.additionalProperties === "object" ? [schema.additionalProperties] : [];
}

/** A schema with everything it refers to, offers and demands, one beside the other. */
function expand(root: Schema, schema: Schema, value: unknown, depth = 0): Schema[] {
  if (depth > 12) return [];
  const into = (one: Schema) => expand(root, one, value, depth + 1);
  const found: Schema[] = [schema];
  if (schema.$ref) found.push(...into(resolve(root, schema.$ref)));
  for (const one of schema.allOf ?? []) found.push(...into(one));
  const choices = choicesOf(schema);
  const fitting = choices.filter((choice) => mayBe(root, choice, value));
  for (const one of fitting.length > 0 ? fitting : choices) found.push(...into(one));
  if (schema.if) {
    const branch = holds(schema.if, value) ? schema.then : schema.else;
    if (branch) found.push(...into(branch));
  }
  return found;
}

function resolve(root: Schema, ref: string): Schema {
  const steps = ref.replace(/^#\/?/, "").split("/").filter(Boolean);
  const found = steps.reduce<unknown>(
    (here, step) => (here as Record<string, unknown> | undefined)?.[step.replaceAll("~1", "/").replaceAll("~0", "~")],
    root,
  );
  return (found as Schema | undefined) ?? {};
}

/** Whether a branch is still possible: none of the keys that are there is foreign to it. */
function mayBe(root: Schema, schema: Schema, value: unknown): boolean {
  const real = schema.$ref ? resolve(root, schema.$ref) : schema;
  if (value === null || typeof value !== "object" || Array.isArray(value)) return true;
  if (!real.properties) return real.type === undefined || real.type === "object";
  if (real.additionalProperties !== false) return true;
  return Object.keys(value).every((key) => key in real.properties!);
}

function holds(condition: Schema, value: unknown): boolean {
  const group = value !== null && typeof value === "object" ? (value as Record<string, unknown>) : {};
  if (!(condition.required ?? []).every((name) => name in group)) return false;
  return Object.entries(condition.properties ?? {}).every(([name, { const: only, enum: some }]) => {
    if (!(name in group)) return true;
    return only !== undefined ? group[name] === only : some === undefined || some.includes(group[name]);
  });
}
