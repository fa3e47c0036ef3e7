/* oxlint-disable unicorn/no-thenable -- JSON Schema has a keyword of that name */
import {
  type Catalog,
  type Skill,
  experimentSchema,
  guardCommonSchema,
  skillUseSchema,
  steadyStateProbeSchema,
  targetUseSchema,
} from "@chaos-agents/core";
import { z } from "zod";
import { strict } from "./check.ts";
import { daemonFileSchema, jobSchema } from "./daemon-file.ts";
import { Kinds } from "./kinds.ts";
import { llmFileSchema } from "./llm-file.ts";

/** JSON Schema draft 7, which editors know best. */
export type JsonSchema = { [key: string]: unknown };

const reference = { $ref: "#/definitions/reference" };
const ref = (name: string): JsonSchema => ({ $ref: `#/definitions/${name}` });

/** One JSON Schema for every kind of file, from the schemas that read them: for editors to complete and check with. */
export function experimentJsonSchema(catalog: Catalog): JsonSchema {
  const kinds = new Kinds(catalog);
  const probes = [...kinds.probes.values()].map(({ probe }) => probe);
  const agentWords = kinds.agents.flatMap(({ target, aliases }) => [target, ...aliases]);
  const targetUse = {
    ...properties(convert(targetUseSchema), { target: { enum: agentWords } }),
    allOf: kinds.agents.map((agent) =>
      when("target", [agent.target, ...agent.aliases], { target_config: ref(`${agent.target}Config`) }),
    ),
  };
  const configs = kinds.agents.map((agent) => [`${agent.target}Config`, convert(strict(agent.config))] as const);
  const definitions: Record<string, JsonSchema> = {
    reference: {
      type: "string",
      pattern: "\\$\\{",
      description: "A value from the environment: ${NAME} or ${NAME:-default}",
    },
    target: targetUse,
    skill: skillSchema([...kinds.skills.values()].map(({ skill }) => skill)),
    steadyStateProbe: probeSchema(steadyStateProbeSchema),
    guard: probeSchema(guardCommonSchema),
    experiment: {
      ...properties(convert(experimentSchema), {
        target: { enum: agentWords },
        targets: { additionalProperties: ref("target") },
        skills: { items: ref("skill") },
        steady_state: { items: ref("steadyStateProbe") },
        guards: { items: ref("guard") },
      }),
      allOf: targetUse.allOf,
      not: { required: ["target", "targets"] },
    },
    job: properties(convert(jobSchema), { experiment: ref("experiment") }),
    ...Object.fromEntries(configs),
  };

  /** The keys of every probe, and those of its kind. */
  function probeSchema(common: typeof steadyStateProbeSchema | typeof guardCommonSchema): JsonSchema {
    return {
      type: "object",
      required: ["name", "type"],
      properties: { type: { enum: probes.map(({ kind }) => kind), description: "The kind of probe" } },
      allOf: probes.map((probe) => {
        const whole = z.strictObject({ ...probe.params.shape, ...common.shape });
        const then = { ...convert(whole), description: probe.summary };
        return { if: { properties: { type: { const: probe.kind } }, required: ["type"] }, then };
      }),
    };
  }

  const daemon = convert(daemonFileSchema)["properties"] as Record<string, JsonSchema>;
  const description = "What runs, in this order, each as a run of its own";
  return {
    $schema: "http://json-schema.org/draft-07/schema#",
    title: "Chaos Agents experiment, daemon or planner file",
    anyOf: [
      file({ experiments: { description, type: "array", minItems: 1, items: ref("experiment") } }, ["experiments"]),
      file({ ...daemon, experiments: { ...daemon["experiments"], items: ref("job") } }, ["experiments"]),
      convert(llmFileSchema),
    ],
    definitions,
  };
}

const file = (properties: JsonSchema, required: string[]): JsonSchema => ({
  type: "object",
  properties,
  required,
  additionalProperties: false,
});

const when = (key: string, words: readonly string[], then: JsonSchema): JsonSchema => ({
  if: { properties: { [key]: { enum: words } }, required: [key] },
  then: { properties: then },
});

function skillSchema(skills: readonly Skill[]): JsonSchema {
  return {
    ...properties(convert(skillUseSchema), { skill_name: { enum: skills.map(({ name }) => name) }, params: {} }),
    allOf: skills.map((skill) =>
      when("skill_name", [skill.name], { params: { ...convert(strict(skill.params)), description: skill.summary } }),
    ),
  };
}

/** Says more of some properties of an object's schema. */
function properties(schema: JsonSchema, more: Record<string, JsonSchema>): JsonSchema {
  const known = schema["properties"] as Record<string, JsonSchema>;
  const said = Object.entries(more).map(([key, value]) => [key, { ...known[key], ...value }]);
  return { ...schema, properties: { ...known, ...Object.fromEntries(said) } };
}

/** A schema of ours as JSON Schema, where a reference to the environment may stand for anything but a mapping or a list. */
function convert(schema: z.ZodType): JsonSchema {
  const { $schema: _, ...json } = z.toJSONSchema(schema, {
    io: "input",
    target: "draft-07",
    unrepresentable: "any",
    override: ({ jsonSchema }) => {
      const { type, enum: words, pattern, format } = jsonSchema;
      if (format === "duration") jsonSchema.pattern = durationPattern;
      delete jsonSchema.format;
      if (jsonSchema.maximum === Number.MAX_SAFE_INTEGER) delete jsonSchema.maximum;
      const isFree = type === "string" && words === undefined && (pattern === undefined || format === "duration");
      if (typeof type !== "string" || type === "object" || type === "array" || isFree || "const" in jsonSchema) return;
      const { description, default: usual, ...rest } = jsonSchema;
      for (const key of Object.keys(jsonSchema)) delete (jsonSchema as JsonSchema)[key];
      Object.assign(jsonSchema, {
        ...(description === undefined ? {} : { description }),
        ...(usual === undefined ? {} : { default: usual }),
        anyOf: [rest, reference],
      });
    },
  });
  return json;
}

const durationPattern = "^\\s*(\\d+(\\.\\d+)?\\s*(ms|s|m|h|d)\\s*)+$|\\$\\{";
