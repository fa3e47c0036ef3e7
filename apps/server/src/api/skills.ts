import { type Agent, ChaosError, type Skill } from "@chaos-agents/core";
import { experimentJsonSchema, nearest } from "@chaos-agents/experiment-file";
import { z } from "zod";
import type { Routes } from "./routes.ts";
import { type SkillView, skillShape } from "./shapes.ts";

export const skillRoutes: Routes = (app, { catalog }) => {
  const views = () => catalog.agents.flatMap((agent) => agent.skills.map((skill) => viewOf(agent, skill)));

  app.get(
    "/skills",
    { schema: { summary: "Every way to break things", tags: ["skills"], response: { 200: z.array(skillShape) } } },
    async () => views(),
  );

  app.get(
    "/skills/:name",
    {
      schema: {
        summary: "One of them",
        tags: ["skills"],
        params: z.object({ name: z.string().max(100) }),
        response: { 200: skillShape },
      },
    },
    async ({ params: { name } }) => {
      const all = views();
      const found = all.find((skill) => skill.name === name);
      if (found) return found;
      const guess = nearest(
        name,
        all.map((skill) => skill.name),
      );
      throw new ChaosError("unknown-skill", `there is no skill "${name}"`, {
        remedy: guess === undefined ? "GET /api/v1/skills lists them" : `did you mean ${guess}?`,
      });
    },
  );

  app.get(
    "/schema/experiment",
    {
      schema: {
        summary: "JSON Schema of an experiment file, for editors",
        tags: ["experiments"],
        response: { 200: z.record(z.string(), z.unknown()) },
      },
    },
    async () => experimentJsonSchema(catalog) as Record<string, unknown>,
  );
};

const viewOf = ({ target }: Agent, skill: Skill): SkillView => ({
  name: skill.name,
  target,
  summary: skill.summary,
  effect: skill.effect,
  reversal: skill.reversal,
  reversalNote: skill.reversalNote,
  seen: skill.seen,
  params: z.toJSONSchema(skill.params, { io: "input", unrepresentable: "any" }) as Record<string, unknown>,
  example: skill.example,
  role: skill.role ?? null,
});
