import { z } from "zod";
import { type BlastCost, blastRadiusSchema } from "./blast-radius.ts";
import { durationSchema } from "./duration.ts";
import { expectationSchema } from "./expectation.ts";

const label = (description: string) => z.string().min(1).meta({ description });

/** The keys every probe has; each kind adds its own beside them. */
export const probeCommonSchema = z.strictObject({
  name: label("What is asked, in words that stand in the report"),
  type: z.string().meta({ description: "The kind of probe: http, tcp, sql, command or prometheus" }),
  target: z.string().optional().meta({ description: "Which of the experiment's targets the probe asks" }),
  every: durationSchema.prefault("1s").meta({ description: "How often it is asked while the run lasts" }),
  timeout: durationSchema.prefault("5s").meta({ description: "When an answer counts as missing" }),
  expect: expectationSchema.optional(),
  max_latency: durationSchema.optional().meta({ description: "An answer slower than this is outside tolerance" }),
});

/** When a steady-state probe is held against its tolerance; it is measured all the time. */
export const probeWhenSchema = z.enum(["before", "during", "after"]);
export type ProbeWhen = z.infer<typeof probeWhenSchema>;

export const steadyStateProbeSchema = probeCommonSchema.extend({
  when: z
    .array(probeWhenSchema)
    .min(1)
    .default(["before", "during", "after"])
    .meta({ description: "When it must be within tolerance; all along by default" }),
});

/** A guard is a probe that stops the run once it has been outside tolerance for `for`. */
export const guardCommonSchema = probeCommonSchema.extend({
  every: durationSchema.prefault("250ms").meta({ description: "How often it is asked while faults are active" }),
  for: durationSchema.prefault("0s").meta({ description: "How long it may be outside tolerance; at once by default" }),
});

export const skillUseSchema = z.strictObject({
  skill_name: z.string().meta({ description: "Which skill, such as db.insert_load" }),
  params: z
    .record(z.string(), z.unknown())
    .default({})
    .meta({ description: "The skill's params; see chaos show SKILL" }),
  count: z.int().min(1).max(10_000).default(1).meta({ description: "How many times in a row" }),
  target: z.string().optional().meta({ description: "Which of targets; the only one when left out" }),
  at: durationSchema.optional().meta({ description: "When to start, counted from the start of injecting" }),
  duration: durationSchema
    .optional()
    .meta({ description: "How long this fault stands once it is made; to the end when left out" }),
});

export const targetUseSchema = z.strictObject({
  target: z.string().meta({ description: "The kind of target: database, kubernetes or server" }),
  target_config: z.unknown().meta({ description: "How to reach it" }),
});

/** The keys of one experiment. Kinds of target, skills and probes are filled in from the catalog when a file is read. */
export const experimentSchema = z.strictObject({
  name: label("The experiment's name, in reports and for --only"),
  target: z.string().optional().meta({ description: "The kind of target: database, kubernetes or server" }),
  target_config: z.unknown().optional().meta({ description: "How to reach the target" }),
  targets: z.record(z.string(), targetUseSchema).optional().meta({ description: "Several named targets" }),
  skills: z.array(skillUseSchema).prefault([]).meta({ description: "What to break; none: observe only" }),
  duration: durationSchema.prefault("1m").meta({
    description: "How long faults are made and stand, from the start of injecting, before everything is undone",
  }),
  parallel: z.boolean().default(false).meta({ description: "Skills side by side instead of one after the other" }),
  resource_filters: z
    .array(z.string())
    .default([])
    .meta({ description: "Regular expressions on what skills choose by themselves" }),
  steady_state: z.array(steadyStateProbeSchema).prefault([]).meta({ description: "What healthy means" }),
  guards: z.array(guardCommonSchema).prefault([]).meta({ description: "Probes that stop the run" }),
  recovery_deadline: durationSchema
    .prefault("1m")
    .meta({ description: "How long after the undo the steady state may take to come back" }),
  blast_radius: blastRadiusSchema.optional(),
  hypothesis: label("What is expected to happen").optional(),
  owner: label("Who answers for it").optional(),
  ticket: label("Where it was agreed").optional(),
  tags: z.array(z.string()).default([]).meta({ description: "Words to find it by" }),
});

export interface TargetUse {
  /** The kind, as the agent names itself: `database`. */
  kind: string;
  config: unknown;
}

export interface SkillUse {
  skill: string;
  params: unknown;
  count: number;
  /** A key of the experiment's `targets`. */
  target: string;
  /** Milliseconds from the start of the inject phase; undefined: in its turn. */
  at?: number | undefined;
  /** Milliseconds from when it stands; undefined: until the experiment ends. */
  duration?: number | undefined;
}

export interface ProbeUse {
  name: string;
  kind: string;
  params: unknown;
  target?: string | undefined;
  every: number;
  timeout: number;
  expect?: string | undefined;
  maxLatency?: number | undefined;
}

export interface SteadyStateUse extends ProbeUse {
  when: ProbeWhen[];
}

export interface GuardUse extends ProbeUse {
  /** Milliseconds out of tolerance before it trips. */
  for: number;
}

/** A validated experiment, with environment and secrets filled in and every time in milliseconds. */
export interface Experiment {
  name: string;
  hypothesis?: string | undefined;
  owner?: string | undefined;
  ticket?: string | undefined;
  tags: string[];
  targets: Record<string, TargetUse>;
  skills: SkillUse[];
  duration: number;
  parallel: boolean;
  resourceFilters: string[];
  steadyState: SteadyStateUse[];
  guards: GuardUse[];
  recoveryDeadline: number;
  blastRadius?: BlastCost | undefined;
}
