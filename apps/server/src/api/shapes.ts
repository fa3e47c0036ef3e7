import { phaseSchema, reversalSchema, verdictSchema } from "@chaos-agents/core";
import { z } from "zod";

/*
 * What goes over the wire. Each shape that has a name here has it in the OpenAPI document and in clients made from it.
 * Times are Unix time in milliseconds unless a name ends in Ms, which is a length.
 */
const named = <Shape extends z.ZodType>(id: string, shape: Shape): Shape => {
  z.globalRegistry.add(shape, { id });
  return shape;
};

export const problemShape = named(
  "Problem",
  z.object({
    code: z.string().meta({ description: "What kind of failure, from a closed list" }),
    message: z.string().meta({ description: "What happened, and where" }),
    remedy: z.string().optional().meta({ description: "What to do next" }),
    facts: z.record(z.string(), z.unknown()).optional(),
  }),
);

export const runIdShape = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/, "that is no run's id");

export const runShape = named(
  "Run",
  z.object({
    run: z.string(),
    experiment: z.string(),
    file: z.string().nullable(),
    startedAt: z.number(),
    finishedAt: z.number().nullable(),
    verdict: verdictSchema.nullable().meta({ description: "Null while it runs, and where it was cut off" }),
    phase: phaseSchema.nullable(),
    live: z.boolean().meta({ description: "A process holds its journal" }),
    pending: z.int().meta({ description: "Undos not yet ended well" }),
    damaged: z.string().nullable().meta({ description: "Why its journal cannot be read" }),
  }),
);
export type Run = z.infer<typeof runShape>;

export const haltShape = named("Halt", z.object({ at: z.number(), by: z.string(), reason: z.string() }));

export const jobKinds = ["run", "dry-run", "discover", "doctor", "sweep", "recover"] as const;
export const jobStates = ["queued", "running", "done", "failed", "cancelled"] as const;
export const jobShape = named(
  "Job",
  z.object({
    id: z.string(),
    kind: z.enum(jobKinds),
    state: z.enum(jobStates).meta({ description: "failed: its exit code was not 0" }),
    title: z.string().meta({ description: "The experiment's name, or the run's id" }),
    file: z.string().nullable(),
    run: z.string().nullable().meta({ description: "The run it makes or works on, known before it starts" }),
    by: z.string().meta({ description: "Name of the token that asked for it" }),
    after: z.string().nullable().meta({ description: "The job that has to end first, and well" }),
    queuedAt: z.number(),
    startedAt: z.number().nullable(),
    endedAt: z.number().nullable(),
    exitCode: z.int().nullable(),
    error: z.string().nullable().meta({ description: "The last words of one that failed" }),
  }),
);
export type Job = z.infer<typeof jobShape>;

export const skillShape = named(
  "Skill",
  z.object({
    name: z.string(),
    target: z.string(),
    summary: z.string(),
    effect: z.string(),
    reversal: reversalSchema,
    reversalNote: z.string(),
    seen: z.enum(["effect", "accepted"]),
    params: z.record(z.string(), z.unknown()).meta({ description: "JSON Schema of its params" }),
    example: z.record(z.string(), z.unknown()),
    role: z.string().nullable().meta({ description: "What allows it on the target, to paste" }),
  }),
);
export type SkillView = z.infer<typeof skillShape>;

export const diagnosticShape = named(
  "Diagnostic",
  z.object({
    level: z.enum(["error", "warning"]),
    file: z.string(),
    line: z.int().meta({ description: "From 1" }),
    column: z.int().meta({ description: "From 1, in UTF-16 units" }),
    path: z.string(),
    message: z.string(),
    hint: z.string().optional(),
  }),
);
export const validationShape = named(
  "Validation",
  z.object({
    valid: z.boolean(),
    kind: z.enum(["experiments", "daemon", "llm"]).nullable(),
    names: z.array(z.string()),
    diagnostics: z.array(diagnosticShape),
  }),
);

/** Where an experiment comes from: words, or a file in one of the folders that were opened to the server. */
export const sourceShape = z
  .object({
    text: z.string().max(1_000_000).optional().meta({ description: "The experiment file's words" }),
    file: z.string().max(1_000).optional().meta({ description: "Or a file, as GET /files names it" }),
    experiment: z.string().optional().meta({ description: "Only the experiment of this name" }),
  })
  .refine(({ text, file }) => (text === undefined) !== (file === undefined), "give either text or file");

export const fileShape = named(
  "ExperimentFile",
  z.object({ file: z.string(), names: z.array(z.string()), modifiedAt: z.number(), bytes: z.int() }),
);

export const auditShape = named(
  "AuditEntry",
  z.object({
    id: z.int(),
    at: z.number(),
    by: z.string().meta({ description: "Name of the token" }),
    from: z.string().meta({ description: "Address it came from" }),
    action: z.string(),
    subject: z.string().meta({ description: "A run, a job or a file" }),
    detail: z.string(),
  }),
);

export const machineShape = named(
  "Machine",
  z.object({
    version: z.string(),
    hostname: z.string(),
    home: z.string(),
    halted: haltShape.nullable(),
    agents: z.array(z.object({ target: z.string(), summary: z.string(), skills: z.int() })),
    folders: z.array(z.string()).meta({ description: "Where experiment files may lie" }),
    atOnce: z.int().meta({ description: "Runs that may go on beside each other" }),
    notices: z.array(z.string()).meta({ description: "Who is told of runs: names, without addresses" }),
  }),
);

const discoveryShape = named(
  "Discovery",
  z.object({
    target: z.string(),
    label: z.string(),
    summary: z.string(),
    tables: z.array(
      z.object({
        title: z.string(),
        columns: z.array(z.string()),
        rows: z.array(z.array(z.union([z.string(), z.number(), z.boolean(), z.null()]))),
      }),
    ),
  }),
);

const dryRunShape = named(
  "DryRun",
  z.object({
    report: z.record(z.string(), z.unknown()).meta({ description: "As GET /runs/{run}/report gives it" }),
    plan: z.string().nullable().meta({ description: "The plan's digest; null where it came to none" }),
    seed: z.number().nullable(),
  }),
);

const checkupShape = named(
  "Checkup",
  z.object({
    targets: z.array(
      z.object({
        experiment: z.string(),
        target: z.string(),
        label: z.string(),
        marks: z.array(
          z.object({
            key: z.string(),
            detail: z.string(),
            run: z.string().optional(),
            remove: z.boolean().meta({ description: "It can be taken away without its run's journal" }),
          }),
        ),
        sight: z
          .object({ marked: z.string(), unmarked: z.string() })
          .nullable()
          .meta({ description: "What carries a mark and what cannot; null where all does" }),
        unreachable: z.string().nullable().meta({ description: "Why it could not be looked at" }),
      }),
    ),
    open: z.array(runShape).meta({ description: "Runs with something left to undo" }),
  }),
);

const recoveredShape = named("Recovered", z.object({ said: z.string() }));

/** What a job found: of a dry run, of discover, of doctor, of a recovery. */
export const resultShape = z.union([dryRunShape, z.array(discoveryShape), checkupShape, recoveredShape]);
export type Result = z.infer<typeof resultShape>;
