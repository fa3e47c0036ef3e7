import { type TargetUse, targetUseSchema } from "@chaos-agents/core";
import { check, strict } from "./check.ts";
import { type Located, type LocatedMapping, child, textOf } from "./located.ts";
import { suggestion } from "./nearest.ts";
import type { Reading } from "./read-experiment.ts";

/** A target of the file, by the name that skills and probes call it. */
export interface NamedTarget {
  /** Undefined when the file's word for it is not known. */
  kind: string | undefined;
  /** Undefined when it is not valid. */
  use: TargetUse | undefined;
}

/** The targets by name; undefined when the file does not say, or says it wrongly. */
export function readTargets(
  experiment: LocatedMapping,
  isNeeded: boolean,
  reading: Reading,
): Map<string, NamedTarget> | undefined {
  const [target, config, targets] = ["target", "target_config", "targets"].map((key) => experiment.entries.get(key));
  const { problems } = reading;
  if (targets) {
    if (target ?? config) {
      const message = "there is both targets and target; an experiment has one of them";
      problems.add({ span: targets.keySpan, path: targets.path, message, hint: "move target into targets" });
      return undefined;
    }
    if (targets.kind !== "mapping") return undefined;
    return new Map([...targets.entries].map(([name, use]) => [name, readNamed(use, reading)]));
  }
  if (target) {
    const read = readTarget(experiment, target, config, reading);
    return new Map([[read.kind ?? "", read]]);
  }
  if (config) {
    problems.add({ span: config.keySpan, path: config.path, message: "target_config is given, but target is missing" });
    return undefined;
  }
  if (!isNeeded) return new Map();
  const { path, keySpan, span, entries } = experiment;
  problems.add({
    span: entries.get("name")?.span ?? keySpan ?? span,
    path,
    message: "the experiment has no target",
    hint: "give target and target_config, or targets for several",
  });
  return undefined;
}

function readNamed(node: Located, reading: Reading): NamedTarget {
  check(
    targetUseSchema.extend({ target_config: targetUseSchema.shape.target_config.optional() }),
    node,
    reading.problems,
  );
  const target = child(node, "target");
  return target ? readTarget(node, target, child(node, "target_config"), reading) : { kind: undefined, use: undefined };
}

function readTarget(owner: Located, target: Located, config: Located | undefined, reading: Reading): NamedTarget {
  const { kinds, problems } = reading;
  const word = textOf(target);
  const agent = word === undefined ? undefined : kinds.agent(word);
  if (!agent) {
    if (word !== undefined && !(target.kind === "scalar" && target.unknown)) {
      const known = kinds.agents.flatMap(({ target, aliases }) => [target, ...aliases]);
      const hint = suggestion(word, known, "kinds of target");
      problems.add({ span: target.span, path: target.path, message: `there is no target "${word}"`, hint });
    }
    return { kind: undefined, use: undefined };
  }
  const schema = strict(agent.config);
  if (!config) {
    const empty = schema.safeParse({});
    if (empty.success) return { kind: agent.target, use: { kind: agent.target, config: empty.data } };
    const path = [...owner.path, "target_config"];
    problems.add({ span: target.keySpan, path, message: "target_config is missing" });
    return { kind: agent.target, use: undefined };
  }
  const before = problems.errors;
  const value = check(schema, config, problems);
  const isSure = problems.errors === before && value !== undefined;
  const use = !isSure ? undefined : { kind: agent.target, config: value };
  return { kind: agent.target, use };
}
