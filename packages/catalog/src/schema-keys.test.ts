import { experimentSchema, guardCommonSchema, skillUseSchema, steadyStateProbeSchema } from "@chaos-agents/core";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import { catalog } from "./index.ts";

const { agents } = catalog;
const probes = [...catalog.probes, ...catalog.agents.flatMap((agent) => agent.probes)];
const schemas: [string, z.ZodType][] = [
  ["an experiment", experimentSchema],
  ["a use of a skill", skillUseSchema],
  ["a steady-state probe", steadyStateProbeSchema],
  ["a guard", guardCommonSchema],
  ...agents.map(({ target, config }): [string, z.ZodType] => [`target_config of ${target}`, config]),
  ...agents.flatMap(({ skills }) => skills.map(({ name, params }): [string, z.ZodType] => [name, params])),
  ...probes.map(({ kind, params }): [string, z.ZodType] => [`a probe of type ${kind}`, params]),
];

describe.each(schemas)("%s", (_, schema) => {
  test("tells in its JSON Schema what a key is when it is left out", () => {
    const keys = Object.entries(schema instanceof z.ZodObject ? (schema.shape as Record<string, z.ZodType>) : {});
    const silent = keys.filter(([, key]) => {
      const usual = key.safeParse(undefined);
      const told = z.toJSONSchema(key, { io: "input", unrepresentable: "any" }).default;
      if (usual.data === undefined) return false;
      return told === undefined || JSON.stringify(key.parse(told)) !== JSON.stringify(usual.data);
    });
    expect(silent.map(([key]) => key)).toEqual([]);
  });
});
