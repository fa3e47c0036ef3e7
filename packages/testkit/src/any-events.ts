import { type Event, eventSchema, type EventType } from "@chaos-agents/core";
import * as fc from "fast-check";

const id = fc.constantFrom("1", "2", "3");
const name = fc.oneof(
  fc.constantFrom("public.orders", "p95", "errors", "throughput", "__proto__", "constructor", ""),
  fc.string({ unit: "binary", maxLength: 12 }),
);
const number = fc.oneof(
  fc.integer({ min: -5, max: 5_000 }),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.constantFrom(0, -0, Number.MAX_VALUE, -Number.MAX_VALUE, 5e-324),
);
const maybe = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: null });
const reversal = fc.constantFrom("exact", "compensated", "recovers-by-itself");
const outcome = fc.constantFrom("undone", "already", "conflict", "failed");
const seen = fc.constantFrom("effect", "accepted");
const role = fc.constantFrom("steady-state", "guard");
const few = <T>(arbitrary: fc.Arbitrary<T>) => fc.array(arbitrary, { maxLength: 3 });
const about = { fault: id, thing: name };
const undo = { ...about, undo: fc.integer({ min: 1, max: 5 }) };
const answer = {
  probe: fc.constantFrom("answers", "places"),
  ok: fc.boolean(),
  value: fc.oneof(number, name, fc.constant(null)),
  latencyMs: maybe(number),
  detail: name,
};

const bodies: Record<EventType, Record<string, fc.Arbitrary<unknown>>> = {
  "run-started": {
    experiment: name,
    version: name,
    hypothesis: name,
    tags: few(name),
    durationMs: number,
    probes: few(fc.record({ probe: answer.probe, kind: name, role, expect: fc.constantFrom("< 5", "1..3", "== ok") })),
  },
  "phase-started": {
    phase: fc.constantFrom("discover", "plan", "steady-state", "inject", "observe", "undo", "verify", "recover"),
  },
  "target-discovered": { target: name, kind: name, label: name, summary: name },
  planned: {
    faults: few(
      fc.record({
        fault: id,
        skill: name,
        target: name,
        reversal,
        seen,
        at: fc.integer({ min: 0, max: 9_000 }),
        params: fc.jsonValue(),
        things: few(fc.record({ key: name, label: name, undoLabel: name, reversal, cost: fc.constant({ rows: 3 }) })),
      }),
    ),
    cost: fc.constant({ tables: 1 }),
  },
  "preflight-finished": {
    findings: few(fc.record({ level: fc.constantFrom("error", "warning", "info"), code: name, message: name })),
  },
  "steady-state-checked": {
    when: fc.constantFrom("before", "during", "after"),
    held: fc.boolean(),
    answers: few(fc.record(answer)),
  },
  "probe-answered": { role, ...answer },
  sampled: {
    source: fc.constantFrom("traffic", "disk"),
    values: fc.dictionary(name, maybe(number), { maxKeys: 4 }),
    units: fc.dictionary(name, fc.constantFrom("ms", "/s", "rows"), { maxKeys: 4 }),
  },
  "fault-started": { fault: id, skill: name, target: name },
  "fault-progressed": { ...about, done: number, total: number, unit: name },
  "fault-noted": { ...about, message: name },
  "undo-recorded": { ...undo, revision: fc.nat(3), label: name },
  "fault-injected": { fault: id },
  "fault-witnessed": { ...about, landed: fc.boolean(), seen, detail: name },
  "fault-failed": { fault: id, message: name },
  "fault-lost": { ...about, message: name },
  "guard-tripped": { guard: name, detail: name },
  "stop-requested": { by: fc.constantFrom("interrupt", "guard", "halt", "failure", "crash"), detail: name },
  hurried: { detail: name },
  "undo-started": { ...undo, label: name },
  "undo-finished": { ...undo, outcome, detail: name, remains: few(name), ms: number },
  "fault-undone": { fault: id, reversal, outcome },
  verified: { ...undo, residues: few(name) },
  recovered: { ms: maybe(number) },
  "recovery-started": { by: name },
  "run-finished": {
    verdict: fc.constantFrom(
      "passed",
      "observed",
      "deviated",
      "unlanded",
      "refused",
      "guarded",
      "halted",
      "rollback-incomplete",
    ),
    reason: name,
    left: few(fc.record({ ...undo, label: name, why: name })),
  },
};

const body = fc.oneof(
  ...Object.entries(bodies).map(([type, fields]) => fc.record({ type: fc.constant(type), ...fields })),
);

const at = fc.oneof(
  { weight: 20, arbitrary: fc.integer({ min: 1_795_000_000_000, max: 1_795_000_060_000 }) },
  { weight: 1, arbitrary: number },
);

/** Any valid events in any order: clocks that jump, ids never heard of before, names that are not names. */
export const anyEvents: fc.Arbitrary<Event[]> = fc
  .array(fc.tuple(at, body), { maxLength: 80, size: "max" })
  .map((moments) =>
    moments.map(([at, body], index) => eventSchema.parse({ v: 1, run: "r1", seq: index + 1, at, ...body })),
  );
