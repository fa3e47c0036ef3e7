import { type SkillUse, skillUseSchema } from "@chaos-agents/core";
import { check, strict } from "./check.ts";
import type { SkillKind } from "./kinds.ts";
import { type Located, child, isIncomplete, textOf } from "./located.ts";
import { suggestion } from "./nearest.ts";
import type { Reading } from "./read-experiment.ts";
import type { NamedTarget } from "./read-targets.ts";
import { either } from "./wording.ts";

const useSchema = skillUseSchema
  .omit({ params: true })
  .extend({ params: skillUseSchema.shape.params.unwrap().optional() });

/** One entry of `skills`; undefined when it is wrong. */
export function readSkill(
  node: Located,
  targets: ReadonlyMap<string, NamedTarget> | undefined,
  reading: Reading,
): SkillUse | undefined {
  const { problems, kinds } = reading;
  const use = check(useSchema, node, problems);
  const nameNode = child(node, "skill_name");
  const name = textOf(nameNode);
  if (!nameNode || name === undefined || isIncomplete(nameNode)) return undefined;
  const found = kinds.skills.get(name);
  if (!found) {
    const message = `there is no skill "${name}"`;
    problems.add({
      span: nameNode.span,
      path: nameNode.path,
      message,
      hint: skillHint(name, [...kinds.skills.keys()]),
    });
    return undefined;
  }
  const params = readParams(found, node, reading);
  const target = targets && chooseTarget(found, node, targets, reading);
  if (params === undefined || target === undefined) return undefined;
  const config = targets?.get(target)?.use?.config;
  const reason = config === undefined ? undefined : found.skill.unsupported?.(config, params);
  if (reason !== undefined) problems.add({ span: nameNode.span, path: nameNode.path, message: `${name}: ${reason}` });
  return use && { skill: name, params, count: use.count, target, at: use.at, duration: use.duration };
}

function skillHint(name: string, known: readonly string[]): string {
  const hint = suggestion(name, known, "skills");
  return hint.startsWith("did") ? hint : "chaos list-skills shows them all";
}

function readParams({ skill }: SkillKind, node: Located, { problems }: Reading): unknown {
  const params = child(node, "params");
  const at = child(node, "skill_name")!;
  // what is missing in params that are not there is missed where the skill is named
  const given: Located = params ?? {
    kind: "mapping",
    path: [...node.path, "params"],
    span: at.span,
    keySpan: at.span,
    entries: new Map(),
  };
  return given.kind === "mapping" ? check(strict(skill.params), given, problems) : undefined;
}

/** The target that a skill names, or the only one of its kind. */
function chooseTarget(
  { skill, target: kind }: SkillKind,
  node: Located,
  targets: ReadonlyMap<string, NamedTarget>,
  { problems, kinds }: Reading,
): string | undefined {
  const given = child(node, "target");
  const word = textOf(given);
  if (given && word !== undefined) {
    if (isIncomplete(given)) return undefined;
    const name = targets.has(word) ? word : kinds.agent(word)?.target;
    const named = name === undefined ? undefined : targets.get(name);
    if (!named) {
      const hint = suggestion(word, [...targets.keys()], "the targets here are");
      problems.add({ span: given.span, path: given.path, message: `there is no target "${word}" here`, hint });
    } else if (named.kind !== undefined && named.kind !== kind) {
      const message = `${skill.name} is for a ${kind} target, but "${word}" is a ${named.kind} target`;
      problems.add({ span: given.span, path: given.path, message });
    }
    return named?.kind === kind ? name : undefined;
  }
  const nameNode = child(node, "skill_name")!;
  const fitting = [...targets].filter(([, target]) => target.kind === kind).map(([name]) => name);
  if (fitting.length === 1) return fitting[0];
  if (fitting.length > 1) {
    const message = `${skill.name} does not say which target`;
    const hint = `add target: ${either(fitting)}`;
    problems.add({ span: nameNode.span, path: nameNode.path, message, hint });
  } else if ([...targets.values()].every((target) => target.kind !== undefined)) {
    const others = [...new Set([...targets.values()].map((target) => `a ${target.kind} target`))];
    const message = `${skill.name} is for a ${kind} target, but the experiment has ${either(others) || "none"}`;
    problems.add({ span: nameNode.span, path: nameNode.path, message });
  }
  return undefined;
}
