import { z } from "zod";
import { blastRadiusSchema } from "./blast-radius.ts";
import { phases } from "./phases.ts";
import { reversalSchema, undoOutcomeSchema } from "./undo.ts";

/** Raised when an event's meaning changes; readers refuse what is newer than they know. */
export const eventVersion = 1;

export const phaseSchema = z.enum(phases);

/**
 * How a run ended. `passed`: faults landed, steady state held or came back, all undone. `observed`: there was no skill.
 * `deviated`: steady state failed. `unlanded`: a fault could not be made or did not last. `refused`: stopped before anything was
 * touched. `guarded`, `halted`, `interrupted`: stopped early and undone. `rollback-incomplete` stands above all others.
 */
export const verdictSchema = z.enum([
  "passed",
  "observed",
  "deviated",
  "unlanded",
  "refused",
  "guarded",
  "halted",
  "interrupted",
  "rollback-incomplete",
]);
export type Verdict = z.infer<typeof verdictSchema>;

const finding = z.object({
  level: z.enum(["error", "warning", "info"]),
  code: z.string(),
  skill: z.string().optional(),
  message: z.string(),
  remedy: z.string().optional(),
});

const plannedThing = z.object({
  key: z.string(),
  label: z.string(),
  undoLabel: z.string(),
  reversal: reversalSchema,
  cost: blastRadiusSchema,
});

const plannedFault = z.object({
  fault: z.string(),
  skill: z.string(),
  target: z.string(),
  reversal: reversalSchema,
  seen: z.enum(["effect", "accepted"]),
  at: z.number().optional(),
  duration: z.number().optional(),
  params: z.unknown(),
  things: z.array(plannedThing),
});
export type PlannedFaultView = z.infer<typeof plannedFault>;

const probeAnswer = z.object({
  probe: z.string(),
  ok: z.boolean(),
  value: z.union([z.number(), z.string(), z.null()]),
  latencyMs: z.number().nullable(),
  detail: z.string(),
});
export type ProbeAnswer = z.infer<typeof probeAnswer>;

const fault = z.string();

/** Every event there is. Times are milliseconds; `at` in the envelope is wall clock since the epoch. */
export const eventBodySchema = z.discriminatedUnion("type", [
  z.object({
    type: z.literal("run-started"),
    experiment: z.string(),
    version: z.string(),
    hypothesis: z.string().optional(),
    owner: z.string().optional(),
    ticket: z.string().optional(),
    tags: z.array(z.string()),
    file: z.string().optional(),
    durationMs: z.number(),
    /** Of the choices made by chance; journals of before it was kept have none. */
    seed: z.number().optional(),
    probes: z.array(
      z.object({
        probe: z.string(),
        kind: z.string(),
        role: z.enum(["steady-state", "guard"]),
        expect: z.string().optional(),
        maxLatencyMs: z.number().optional(),
      }),
    ),
  }),
  z.object({ type: z.literal("phase-started"), phase: phaseSchema }),
  z.object({
    type: z.literal("target-discovered"),
    target: z.string(),
    kind: z.string(),
    label: z.string(),
    summary: z.string(),
    /** Digests of what tells it from every other target, by name; none where it could not be told, or was not asked yet. */
    identity: z.record(z.string(), z.string()).optional(),
  }),
  z.object({ type: z.literal("planned"), faults: z.array(plannedFault), cost: blastRadiusSchema }),
  z.object({ type: z.literal("preflight-finished"), findings: z.array(finding) }),
  z.object({
    type: z.literal("steady-state-checked"),
    when: z.enum(["before", "during", "after"]),
    held: z.boolean(),
    answers: z.array(probeAnswer),
  }),
  z.object({ type: z.literal("probe-answered"), role: z.enum(["steady-state", "guard"]), ...probeAnswer.shape }),
  z.object({
    type: z.literal("sampled"),
    source: z.string(),
    values: z.record(z.string(), z.number().nullable()),
    units: z.record(z.string(), z.string()).optional(),
  }),
  z.object({ type: z.literal("fault-started"), fault, skill: z.string(), target: z.string() }),
  z.object({
    type: z.literal("fault-progressed"),
    fault,
    thing: z.string(),
    done: z.number(),
    total: z.number(),
    unit: z.string(),
  }),
  z.object({ type: z.literal("fault-noted"), fault, thing: z.string(), message: z.string() }),
  z.object({
    type: z.literal("undo-recorded"),
    fault,
    thing: z.string(),
    undo: z.number(),
    revision: z.number(),
    label: z.string(),
  }),
  z.object({ type: z.literal("fault-injected"), fault }),
  z.object({
    type: z.literal("fault-witnessed"),
    fault,
    thing: z.string(),
    landed: z.boolean(),
    seen: z.enum(["effect", "accepted"]),
    detail: z.string(),
  }),
  z.object({
    type: z.literal("fault-failed"),
    fault,
    thing: z.string().optional(),
    message: z.string(),
    remedy: z.string().optional(),
  }),
  z.object({ type: z.literal("fault-lost"), fault, thing: z.string(), message: z.string() }),
  z.object({ type: z.literal("guard-tripped"), guard: z.string(), detail: z.string() }),
  z.object({
    type: z.literal("stop-requested"),
    by: z.enum(["interrupt", "guard", "halt", "failure", "crash"]),
    detail: z.string(),
  }),
  z.object({ type: z.literal("hurried"), detail: z.string() }),
  z.object({ type: z.literal("undo-started"), fault, undo: z.number(), thing: z.string(), label: z.string() }),
  z.object({
    type: z.literal("undo-finished"),
    fault,
    undo: z.number(),
    thing: z.string(),
    outcome: undoOutcomeSchema,
    detail: z.string(),
    remains: z.array(z.string()),
    ms: z.number(),
  }),
  z.object({ type: z.literal("fault-undone"), fault, reversal: reversalSchema, outcome: undoOutcomeSchema }),
  z.object({ type: z.literal("verified"), fault, thing: z.string(), undo: z.number(), residues: z.array(z.string()) }),
  z.object({ type: z.literal("recovered"), ms: z.number().nullable() }),
  z.object({ type: z.literal("recovery-started"), by: z.string() }),
  z.object({
    type: z.literal("run-finished"),
    verdict: verdictSchema,
    reason: z.string(),
    /** What to do about the reason, where that is known. */
    remedy: z.string().optional(),
    left: z.array(z.object({ fault, undo: z.number(), thing: z.string(), label: z.string(), why: z.string() })),
    retry: z.string().optional(),
  }),
]);

export type EventBody = z.infer<typeof eventBodySchema>;
export type EventType = EventBody["type"];

export const eventSchema = z.intersection(
  z.object({ v: z.literal(eventVersion), run: z.string(), seq: z.int(), at: z.number() }),
  eventBodySchema,
);
/** An event as it stands in the journal: numbered from 1 without gaps within its run. */
export type Event = z.infer<typeof eventSchema>;
export type EventOf<T extends EventType> = Extract<Event, { type: T }>;

/** Keys whose strings are our own fixed words or identifiers: redaction leaves them alone. */
export const fixedEventKeys: ReadonlySet<string> = new Set([
  "type",
  "run",
  "phase",
  "verdict",
  "outcome",
  "reversal",
  "seen",
  "role",
  "level",
  "code",
  "when",
  "by",
  "skill",
  "kind",
  "fault",
  "unit",
]);
