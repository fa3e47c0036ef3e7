import { type Experiment, experimentSchema } from "@chaos-agents/core";
import { z } from "zod";
import { check } from "./check.ts";
import type { Kinds } from "./kinds.ts";
import { type Located, type LocatedMapping, child, items, textOf } from "./located.ts";
import type { Problems } from "./problems.ts";
import { readGuard, readSteadyState } from "./read-probes.ts";
import { readSkill } from "./read-skills.ts";
import { readTargets } from "./read-targets.ts";

/** What a file is read for. To run it, everything has to be there: variables, and an agent that can. */
export type Purpose = "validate" | "run";

export interface Reading {
  kinds: Kinds;
  problems: Problems;
  purpose: Purpose;
}

/** The experiment's own keys; what stands inside these five depends on the catalog and is read on its own. */
const outline = experimentSchema.extend({
  targets: z.record(z.string().min(1), z.unknown()).optional(),
  target_config: z.unknown().optional(),
  skills: z.array(z.unknown()).default([]),
  steady_state: z.array(z.unknown()).default([]),
  guards: z.array(z.unknown()).default([]),
});

/** Reads one experiment; undefined, with every reason among the problems, when it is not right. */
export function readExperiment(node: Located, reading: Reading): Experiment | undefined {
  const { problems } = reading;
  const before = problems.errors;
  const own = check(outline, node, problems);
  if (node.kind !== "mapping") return undefined;
  const inside = (key: string) => items(child(node, key));
  const targets = readTargets(node, inside("skills").length > 0, reading);
  const skills = inside("skills").map((one) => readSkill(one, targets, reading));
  const steadyState = inside("steady_state").map((one) => readSteadyState(one, targets, reading));
  const guards = inside("guards").map((one) => readGuard(one, targets, reading));
  for (const key of ["steady_state", "guards"]) uniqueNames(inside(key), reading.problems);
  readFilters(node, problems);
  if (!own || !targets || problems.errors > before) return undefined;
  for (const [index, skill] of skills.entries()) {
    if (skill?.at === undefined || skill.at < own.duration) continue;
    const at = child(inside("skills")[index], "at")!;
    const message = `the experiment is over before ${skill.skill} would start`;
    problems.add({
      span: at.span,
      path: at.path,
      message,
      hint: "make at smaller, or the experiment's duration longer",
    });
  }
  const uses = [...targets].flatMap(([name, { use }]) => (use ? [[name, use] as const] : []));
  if (problems.errors > before || uses.length < targets.size) return undefined;
  const whole = <T>(list: readonly (T | undefined)[]) => list.filter((one) => one !== undefined);
  if ([...skills, ...steadyState, ...guards].includes(undefined)) return undefined;
  return {
    name: own.name,
    hypothesis: own.hypothesis,
    owner: own.owner,
    ticket: own.ticket,
    tags: own.tags,
    targets: Object.fromEntries(uses),
    skills: whole(skills),
    duration: own.duration,
    parallel: own.parallel,
    resourceFilters: own.resource_filters,
    steadyState: whole(steadyState),
    guards: whole(guards),
    recoveryDeadline: own.recovery_deadline,
    blastRadius: own.blast_radius,
  };
}

function readFilters(node: LocatedMapping, problems: Problems): void {
  for (const filter of items(node.entries.get("resource_filters"))) {
    const reason = whyNotRegex(textOf(filter) ?? "");
    if (reason === undefined) continue;
    problems.add({ span: filter.span, path: filter.path, message: `this is not a regular expression: ${reason}` });
  }
}

function whyNotRegex(text: string): string | undefined {
  try {
    RegExp(text);
    return undefined;
  } catch (error) {
    return (error as Error).message.split(`/${text}/: `).at(-1)!.toLowerCase();
  }
}

/** Names tell the entries of a list apart, in reports and for --only. */
export function uniqueNames(list: readonly Located[], problems: Problems): void {
  const seen = new Set<string>();
  for (const entry of list) {
    const node = child(entry, "name");
    const name = textOf(node);
    if (!node || name === undefined) continue;
    if (seen.has(name)) {
      problems.add({
        span: node.span,
        path: node.path,
        message: `the name "${name}" is taken`,
        hint: "give each its own",
      });
    }
    seen.add(name);
  }
}
