import { z } from "zod";
import { type Located, below, child, isIncomplete, plain, rereadLoneReference } from "./located.ts";
import { nearest } from "./nearest.ts";
import { type Path, type Problems, pathText } from "./problems.ts";
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
  const issues = result.error.issues.flatMap(innermost);
  const misspelt = new Set<string>();
  for (const issue of issues) {
    if (issue.code !== "unrecognized_keys") continue;
    for (const meant of reportUnknownKeys(issue, schema, node, problems, moreKeys)) misspelt.add(meant);
  }
  for (const issue of issues) {
    if (issue.code === "unrecognized_keys" || misspelt.has(pathText(issue.path as Path))) continue;
    reportIssue(issue, schema, node, problems);
  }
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

/** Returns the paths of the keys that were meant. */
function reportUnknownKeys(
  issue: z.core.$ZodIssueUnrecognizedKeys,
  schema: z.ZodType,
  root: Located,
  problems: Problems,
  moreKeys: readonly string[],
): string[] {
  const path = issue.path as Path;
  const known = [...keysAt(schema, plain(root), path), ...moreKeys];
  const node = below(root, path);
  return issue.keys.flatMap((key) => {
    const left = known.filter((name) => child(node, name) === undefined);
    const meant = nearest(key, left) ?? nearest(key, known);
    const hint = meant === undefined ? `the keys here are: ${known.join(", ")}` : `did you mean "${meant}"?`;
    const keyPath = [...root.path, ...path, key];
    problems.add({ span: child(node, key)?.keySpan, path: keyPath, message: `unknown key "${key}"`, hint });
    return meant === undefined ? [] : [pathText([...path, meant])];
  });
}

function reportIssue(issue: Issue, schema: z.ZodType, root: Located, problems: Problems): void {
  const path = issue.path as Path;
  const node = below(root, path);
  if (node && dependsOnUnknown(issue, node)) return;
  const fullPath = [...root.path, ...path];
  const said = words(issue, fullPath, node, isDurationAt(schema, plain(root), path));
  problems.add({ span: node?.span ?? nearestSpan(root, path), path: fullPath, ...said });
}

/** Whether a value that is not known yet could mend it. One could not where a list or a mapping is wanted: it is text. */
function dependsOnUnknown(issue: Issue, node: Located): boolean {
  if (!isIncomplete(node)) return false;
  if (node.kind !== "scalar") return issue.code === "custom" || issue.code === "invalid_union";
  const wantsText = issue.code !== "invalid_type" || !["array", "object", "record"].includes(issue.expected);
  return wantsText || node.text === undefined;
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
