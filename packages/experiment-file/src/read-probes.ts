import { type GuardUse, type SteadyStateUse, guardCommonSchema, steadyStateProbeSchema } from "@chaos-agents/core";
import { check } from "./check.ts";
import { type Located, type LocatedMapping, child, isIncomplete, textOf } from "./located.ts";
import { suggestion } from "./nearest.ts";
import type { Reading } from "./read-experiment.ts";
import type { NamedTarget } from "./read-targets.ts";

const fastest = 10;

type Common = typeof steadyStateProbeSchema | typeof guardCommonSchema;
type Targets = ReadonlyMap<string, NamedTarget> | undefined;

export function readSteadyState(node: Located, targets: Targets, reading: Reading): SteadyStateUse | undefined {
  const read = readProbe(node, steadyStateProbeSchema, targets, reading);
  return read && { ...read.use, when: read.common.when };
}

export function readGuard(node: Located, targets: Targets, reading: Reading): GuardUse | undefined {
  const read = readProbe(node, guardCommonSchema, targets, reading);
  return read && { ...read.use, for: read.common.for };
}

/** A probe's keys are those of every probe and, beside them, those of its kind: each are held against their own schema. */
function readProbe(node: Located, schema: Common, targets: Targets, reading: Reading) {
  const { problems, kinds } = reading;
  if (node.kind !== "mapping") return void check(schema, node, problems);
  const commonKeys = Object.keys(schema.shape);
  const common = check(
    schema,
    pick(node, (key) => commonKeys.includes(key)),
    problems,
  ) as (ReturnType<typeof guardCommonSchema.parse> & ReturnType<typeof steadyStateProbeSchema.parse>) | undefined;
  for (const key of ["every", "timeout"] as const) {
    const at = child(node, key);
    if (at && common && common[key] < fastest) {
      problems.add({ span: at.span, path: at.path, message: `${key} must be at least ${fastest}ms` });
    }
  }
  const type = child(node, "type");
  const word = textOf(type);
  if (!type || word === undefined || isIncomplete(type)) return undefined;
  const found = kinds.probes.get(word);
  if (!found) {
    const hint = suggestion(word, [...kinds.probes.keys()], "kinds of probe");
    problems.add({ span: type.span, path: type.path, message: `there is no probe of type "${word}"`, hint });
    return undefined;
  }
  const own = pick(node, (key) => !commonKeys.includes(key));
  const params = check(found.probe.params.strict(), own, problems, commonKeys);
  const target = targets && chooseTarget(word, found.target, node, targets, reading);
  if (!params || !target) return undefined;
  const config = target.name === undefined ? undefined : targets.get(target.name)?.use?.config;
  const isKnown = target.name === undefined || config !== undefined;
  const reason = isKnown ? found.probe.unsupported?.(config, params) : undefined;
  if (reason !== undefined) problems.add({ span: type.span, path: type.path, message: reason });
  if (!common) return undefined;
  const { name, every, timeout, expect, max_latency: maxLatency } = common;
  return { common, use: { name, kind: word, params, every, timeout, expect, maxLatency, target: target.name } };
}

const pick = (node: LocatedMapping, wanted: (key: string) => boolean): LocatedMapping => ({
  ...node,
  entries: new Map([...node.entries].filter(([key]) => wanted(key))),
});

/** The target a probe asks: the one it names, or for a kind of probe that asks targets, the only one of that kind. */
function chooseTarget(
  word: string,
  kind: string | undefined,
  node: LocatedMapping,
  targets: ReadonlyMap<string, NamedTarget>,
  { problems, kinds }: Reading,
): { name: string | undefined } | undefined {
  const given = child(node, "target");
  const name = textOf(given);
  if (given && name !== undefined && !isIncomplete(given)) {
    const known = targets.has(name) ? name : (kinds.agent(name)?.target ?? name);
    const named = targets.get(known);
    if (!named) {
      const hint = suggestion(name, [...targets.keys()], "the targets here are");
      problems.add({ span: given.span, path: given.path, message: `there is no target "${name}" here`, hint });
    } else if (kind !== undefined && named.kind !== undefined && named.kind !== kind) {
      const message = `a ${word} probe asks a ${kind} target, but "${name}" is a ${named.kind} target`;
      problems.add({ span: given.span, path: given.path, message });
    }
    return named && { name: known };
  }
  if (kind === undefined) return { name: undefined };
  const fitting = [...targets].filter(([, target]) => target.kind === kind).map(([known]) => known);
  return { name: fitting.length === 1 ? fitting[0] : undefined };
}
