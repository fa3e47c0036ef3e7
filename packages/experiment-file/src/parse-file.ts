import type { Catalog } from "@chaos-agents/core";
import { z } from "zod";
import { check } from "./check.ts";
import { type Job, daemonFileSchema, jobSchema } from "./daemon-file.ts";
import { decodeText } from "./decode-text.ts";
import type { Diagnostic } from "./diagnostic.ts";
import { Kinds } from "./kinds.ts";
import { type LlmFile, llmFileSchema } from "./llm-file.ts";
import { type Located, type LocatedMapping, child, isIncomplete, items, scalars, textOf } from "./located.ts";
import { type PlannedExperiment, withoutSecrets } from "./planned-experiment.ts";
import { nearest } from "./nearest.ts";
import { Problems } from "./problems.ts";
import { type Purpose, type Reading, readExperiment, uniqueNames } from "./read-experiment.ts";
import { readYaml } from "./read-yaml.ts";
import type { Environment } from "./reference.ts";
import { SourceText } from "./source-text.ts";

export interface ParseOptions {
  catalog: Catalog;
  env: Environment;
  /** The file's name, for messages. */
  file: string;
  /** `validate`: a variable without a value is a warning, and what it is part of is not judged. `run`: an error. */
  purpose: Purpose;
  /** The name of the one experiment that is to run; the others of the file are then only validated. */
  only?: string | undefined;
}

/** What a file holds. With an error among its diagnostics nothing in it is to be used. */
export interface ParsedFile {
  /** Undefined when it cannot be told. */
  kind: "experiments" | "daemon" | "llm" | undefined;
  /** Those that are right and complete, in the order of the file. */
  experiments: PlannedExperiment[];
  /** The names of all of them. */
  names: string[];
  daemon?: { maxConcurrent: number; jobs: Job[] };
  /** There once it is right and complete. */
  llm?: LlmFile;
  /** All that is wrong, at once, in the order of the file. */
  diagnostics: Diagnostic[];
}

const experimentsFileSchema = z.strictObject({ experiments: z.array(z.unknown()).min(1) });
const llmKeys = Object.keys(llmFileSchema.shape);

/** Reads a file of any kind. Never throws for what stands in it. */
export function parseExperimentFile(input: string | Uint8Array, options: ParseOptions): ParsedFile {
  const { text, problem } = decodeText(input);
  const source = new SourceText(options.file, text);
  const problems = new Problems(source);
  const file: ParsedFile = { kind: undefined, experiments: [], names: [], diagnostics: [] };
  if (problem) problems.add({ path: [], ...problem });
  else {
    const root = readYaml(source, options.env, problems);
    const reading = { kinds: new Kinds(options.catalog), problems, purpose: options.purpose };
    const spared = root ? readRoot(root, file, source, reading, options.only) : [];
    if (root) reportMissing(root, problems, options.purpose, spared);
  }
  return { ...file, diagnostics: problems.list() };
}

/** Returns the experiments that are not to run, though others are. */
function readRoot(
  root: Located,
  file: ParsedFile,
  source: SourceText,
  reading: Reading,
  only: string | undefined,
): Located[] {
  const { problems } = reading;
  if (root.kind !== "mapping") {
    check(experimentsFileSchema, root, problems);
    return [];
  }
  file.kind = kindOf(root);
  if (file.kind === "llm") {
    const llm = check(llmFileSchema, root, problems);
    uniqueNames(items(child(root, "mcp_servers")), problems);
    if (llm && !isIncomplete(root)) file.llm = llm;
    return [];
  }
  if (file.kind === undefined) {
    reportNoKind(root, problems);
    return [];
  }
  const nodes = file.kind === "daemon" ? readJobs(root, file, reading) : plainExperiments(root, reading);
  uniqueNames(nodes, problems);
  const spared = nodes.filter((node) => only !== undefined && textOf(child(node, "name")) !== only);
  for (const node of nodes) {
    const name = textOf(child(node, "name"));
    if (name !== undefined) file.names.push(name);
    const purpose = spared.includes(node) ? "validate" : reading.purpose;
    const experiment = readExperiment(node, { ...reading, purpose });
    if (!experiment || isIncomplete(node)) continue;
    const { line } = source.position(node.span?.start ?? 0);
    file.experiments.push({ experiment, ...withoutSecrets(node), line });
  }
  return spared;
}

function reportMissing(root: Located, problems: Problems, purpose: Purpose, spared: readonly Located[]): void {
  const lenient = new Set(spared.flatMap((node) => [...scalars(node)]));
  for (const scalar of scalars(root)) {
    for (const { name, span } of scalar.missing ?? []) {
      problems.add({
        level: purpose === "validate" || lenient.has(scalar) ? "warning" : "error",
        span,
        path: scalar.path,
        message: `the variable ${name} is not set`,
        hint: `export ${name}=…, or write \${${name}:-default}`,
      });
    }
  }
}

function reportNoKind(root: LocatedMapping, problems: Problems): void {
  const bare = root.entries.has("skills") || root.entries.has("target");
  const message = bare ? "an experiment stands in a list under experiments" : "the file has no experiments";
  const [first] = root.entries;
  const meant = bare || !first ? undefined : nearest(first[0], ["experiments", "settings", ...llmKeys]);
  const hint = meant === undefined ? "experiments:\n  - name: …\n    target: …" : `did you mean "${meant}"?`;
  problems.add({ span: first?.[1].keySpan ?? root.span, path: [], message, hint });
}

function kindOf({ entries }: LocatedMapping): ParsedFile["kind"] {
  const jobs = items(entries.get("experiments")).some((job) => child(job, "experiment") ?? child(job, "schedule"));
  if (entries.has("settings") || jobs) return "daemon";
  if (entries.has("experiments")) return "experiments";
  return llmKeys.some((key) => entries.has(key)) ? "llm" : undefined;
}

function plainExperiments(root: LocatedMapping, { problems }: Reading): Located[] {
  check(experimentsFileSchema, root, problems);
  return items(root.entries.get("experiments"));
}

/** The experiments of a daemon's file; when they are due goes to the file. */
function readJobs(root: LocatedMapping, file: ParsedFile, { problems }: Reading): Located[] {
  const outline = check(daemonFileSchema, root, problems);
  const jobs: Job[] = [];
  const nodes: Located[] = [];
  for (const entry of items(root.entries.get("experiments"))) {
    const job = check(jobSchema, entry, problems);
    const experiment = child(entry, "experiment");
    if (!experiment) continue;
    nodes.push(experiment);
    const name = textOf(child(experiment, "name"));
    if (job && name !== undefined) jobs.push({ name, schedule: job.schedule, enabled: job.enabled });
  }
  if (outline) file.daemon = { maxConcurrent: outline.settings.max_concurrent, jobs };
  return nodes;
}
