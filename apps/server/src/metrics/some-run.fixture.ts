import { type Event, type EventBody, eventSchema } from "@chaos-agents/core";

export const startedAt = Date.UTC(2026, 10, 22, 10, 15);

/** Events of one run as its journal numbers them: a second apart. */
export function eventsOf(run: string, bodies: readonly EventBody[], after = 0): Event[] {
  return bodies.map((body, index) => {
    const seq = after + index + 1;
    return eventSchema.parse({ v: 1, run, seq, at: startedAt + seq * 1_000, ...body });
  });
}

const answer = { probe: "answers", ok: true, value: 200, latencyMs: 40, detail: "status 200" };

/** A run that breaks two settings of a database, up to where its faults stand. */
export const standing: readonly EventBody[] = [
  {
    type: "run-started",
    experiment: "shop",
    version: "0.1.0",
    tags: [],
    file: "chaos/shop.yaml",
    durationMs: 60_000,
    probes: [
      { probe: "answers", kind: "http", role: "steady-state" },
      { probe: "errors", kind: "http", role: "guard" },
    ],
  },
  { type: "phase-started", phase: "discover" },
  { type: "target-discovered", target: "main", kind: "database", label: "PostgreSQL 18", summary: "3 tables" },
  { type: "phase-started", phase: "plan" },
  {
    type: "planned",
    cost: { settings: 2 },
    faults: [
      {
        fault: "1",
        skill: "db.config_change",
        target: "main",
        reversal: "exact",
        seen: "effect",
        params: {},
        things: [
          { key: "work_mem", label: "work_mem", undoLabel: "reset", reversal: "exact", cost: { settings: 1 } },
          { key: "jit", label: "jit", undoLabel: "reset", reversal: "compensated", cost: { settings: 1 } },
        ],
      },
    ],
  },
  { type: "phase-started", phase: "steady-state" },
  {
    type: "steady-state-checked",
    when: "before",
    held: true,
    answers: [answer, { ...answer, probe: "errors", latencyMs: null }],
  },
  { type: "phase-started", phase: "inject" },
  { type: "fault-started", fault: "1", skill: "db.config_change", target: "main" },
  { type: "undo-recorded", fault: "1", thing: "work_mem", undo: 1, revision: 0, label: "reset work_mem" },
  { type: "undo-recorded", fault: "1", thing: "work_mem", undo: 1, revision: 1, label: "reset work_mem" },
  { type: "fault-witnessed", fault: "1", thing: "work_mem", landed: true, seen: "effect", detail: "64kB" },
  { type: "undo-recorded", fault: "1", thing: "jit", undo: 2, revision: 0, label: "reset jit" },
  { type: "fault-witnessed", fault: "1", thing: "jit", landed: true, seen: "effect", detail: "on" },
  { type: "fault-injected", fault: "1" },
  { type: "phase-started", phase: "observe" },
  { type: "probe-answered", role: "steady-state", ...answer },
  { type: "probe-answered", role: "guard", ...answer, probe: "errors", ok: false, latencyMs: 900 },
  { type: "guard-tripped", guard: "errors", detail: "status 500" },
  { type: "stop-requested", by: "guard", detail: "errors: status 500" },
];

const undo = (id: number, thing: string, outcome: "undone" | "failed"): EventBody[] => [
  { type: "undo-started", fault: "1", undo: id, thing, label: `reset ${thing}` },
  { type: "undo-finished", fault: "1", undo: id, thing, outcome, detail: "", remains: [], ms: 20 },
];

/** Its end, where all is put back. */
export const putBack: readonly EventBody[] = [
  { type: "phase-started", phase: "undo" },
  ...undo(2, "jit", "undone"),
  ...undo(1, "work_mem", "undone"),
  { type: "fault-undone", fault: "1", reversal: "exact", outcome: "undone" },
  { type: "phase-started", phase: "verify" },
  { type: "verified", fault: "1", thing: "jit", undo: 2, residues: [] },
  { type: "verified", fault: "1", thing: "work_mem", undo: 1, residues: [] },
  { type: "recovered", ms: 1_200 },
  { type: "run-finished", verdict: "guarded", reason: "errors: status 500", left: [] },
];

const left = [{ fault: "1", undo: 1, thing: "work_mem", label: "reset work_mem", why: "permission denied" }];

/** Its end, where one setting could not be put back. */
export const leftOver: readonly EventBody[] = [
  { type: "phase-started", phase: "undo" },
  ...undo(2, "jit", "undone"),
  ...undo(1, "work_mem", "failed"),
  { type: "fault-undone", fault: "1", reversal: "exact", outcome: "failed" },
  {
    type: "run-finished",
    verdict: "rollback-incomplete",
    reason: "1 undo could not be done",
    left,
    retry: "chaos recover r1",
  },
];

/** A recovery that puts back what was left. */
export const recovery: readonly EventBody[] = [
  { type: "recovery-started", by: "chaos recover" },
  { type: "phase-started", phase: "undo" },
  ...undo(1, "work_mem", "undone"),
  { type: "run-finished", verdict: "interrupted", reason: "everything it changed has been put back", left: [] },
];
