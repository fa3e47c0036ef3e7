import { z } from "zod";
import { type Located, below, child, isIncomplete, plain, rereadLoneReference } from "./located.ts";
import { suggestion } from "./nearest.ts";
import { type Path, type Problems } from "./problems.ts";
import { isDurationAt, keysAt } from "./schema-lookup.ts";
import { unsaid, words } from "./wording.ts";

type Issue = z.core.$ZodIssue;

/** Unknown keys are refused, whatever the schema's author thought of them. */
export const strict = (schema: z.ZodType): z.ZodType =>
  schema instanceof z.ZodObject && schema.def.catchall === undefined ? schema.strict() : schema;

/** Holds a part of the file against a schema: the value, or undefined with every reason among the problems. */
export function check<S extends z.ZodType>(
  schema: S,
  node: Located,
  problems: Problems,
  moreKeys: readonly string[] = [],
): z.output<S> | undefined {
  const parse = () => schema.safeParse(plain(node), { error: () => unsaid });
  let result = parse();
  if (!result.success) {
    const numbers = result.error.issues.filter(wantsNumberOrBoolean);
    const reread = numbers.filter((issue) => rereadLoneReference(below(node, issue.path as Path)));
    if (reread.length > 0) result = parse();
  }
  if (result.success) return result.data;
  for (const issue of result.error.issues.flatMap(innermost)) report(issue, schema, node, problems, moreKeys);
  return undefined;
}

const wantsNumberOrBoolean = (issue: Issue): boolean =>
  issue.code === "invalid_type"
    ? ["number", "int", "boolean"].includes(issue.expected)
    : issue.code === "invalid_union" &&
      issue.errors.flat().some((inner) => inner.path.length === 0 && wantsNumberOrBoolean(inner));

/** Where one option of a union fits but for details, its details; else the union's own issue. */
function innermost(issue: Issue): Issue[] {
  if (issue.code !== "invalid_union") return [issue];
  const fits = issue.errors.filter(
    (branch) => !branch.some(({ path, code }) => path.length === 0 && /^invalid_(type|value)$/.test(code ?? "")),
  );
  const [closest] = fits.toSorted((a, b) => a.length - b.length);
  if (!closest) return [issue];
  return closest.map((inner) => ({ ...inner, path: [...issue.path, ...inner.path] })).flatMap(innermost);
}

function report(issue: Issue, schema: z.ZodType, root: Located, problems: Problems, moreKeys: readonly string[]): void {
  const path = issue.path as Path;
  const node = below(root, path);
  const fullPath = [...root.path, ...path];
  if (issue.code === "unrecognized_keys") {
    const known = [...keysAt(schema, plain(root), path), ...moreKeys];
    for (const key of issue.keys) {
      const span = child(node, key)?.keySpan;
      const hint = suggestion(key, known, "the keys here are");
      problems.add({ span, path: [...fullPath, key], message: `unknown key "${key}"`, hint });
    }
    return;
  }
  if (node && isIncomplete(node)) return;
  const said = words(issue, fullPath, node, isDurationAt(schema, plain(root), path));
  problems.add({ span: node?.span ?? nearestSpan(root, path), path: fullPath, ...said });
}

/** Where to point at for something that is not there: the key of the mapping that lacks it, or its first key. */
function nearestSpan(root: Located, path: Path) {
  const parent = below(
    root,
    path.slice(
      0,
      path.findIndex((_, depth) => !below(root, path.slice(0, depth + 1))),
    ),
  )!;
  const firstKey = parent.kind === "mapping" ? parent.entries.values().next().value?.keySpan : undefined;
  return parent.keySpan ?? firstKey ?? parent.span;
}
