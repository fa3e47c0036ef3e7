import type { Event, EventBody, EventOf, Verdict } from "@chaos-agents/core";
import { faultScript, plannedFaults, undoScript } from "./demo-faults.fixture.ts";
import { trafficScript } from "./demo-traffic.fixture.ts";

export interface DemoRun {
  /** Stretches the time faults stand; the demo itself is 1. */
  stretch?: number;
  faults?: boolean;
  /** Error findings in preflight: stopped before anything is touched. */
  refused?: boolean;
  /** When a guard trips. */
  guardAt?: number;
  /** When Ctrl-C comes, twice. */
  interruptAt?: number;
  /** Nothing after this was written: the process was killed. */
  killedAt?: number;
  /** How long after the kill somebody ran `chaos recover`. */
  recoveredAfter?: number;
  /** One undo fails, another finds that somebody else was there. */
  stuck?: boolean;
  /** One fault is not there when looked for. */
  unlanded?: boolean;
  /** The steady state does not come back. */
  deviated?: boolean;
}

export type Moment = [t: number, body: EventBody];

export const demoStart = Date.UTC(2026, 10, 22, 9, 30, 4);
const run = "20261122-093004-k7qd";

/** A run like the demo's: a shop under traffic, a lock, a flood, a load and a setting, watched and put back. */
export function demoRun(options: DemoRun = {}): Event[] {
  const stretch = options.stretch ?? 1;
  const natural = 30_000 * stretch;
  const undoAt = Math.min(options.guardAt ?? natural, options.interruptAt ?? natural);
  const broken = options.faults !== false && !options.refused;
  const end = options.refused ? 700 : undoAt + 9_600;
  const moments: Moment[] = [...opening(options), ...(options.refused ? [] : trafficScript(undoAt, end, broken))];
  if (broken) {
    moments.push(...faultScript(options).filter(([t]) => t < undoAt), ...stopping(options, undoAt));
    moments.push([undoAt, phase("undo")], [undoAt + 30, during()], ...undoScript(undoAt, options));
  } else if (!options.refused) moments.push([5_480, phase("observe")]);
  moments.push(...closing(options, undoAt, end, broken));
  const told = moments.toSorted((a, b) => a[0] - b[0]);
  const kept = options.killedAt === undefined ? told : told.filter(([t]) => t <= options.killedAt!);
  if (options.killedAt !== undefined && options.recoveredAfter !== undefined) {
    kept.push(...recovery(options.killedAt + options.recoveredAfter, kept));
  }
  return kept.map(([t, body], index) => ({ v: 1, run, seq: index + 1, at: demoStart + Math.round(t), ...body }));
}

const phase = (name: EventOf<"phase-started">["phase"]): EventBody => ({ type: "phase-started", phase: name });

function opening(options: DemoRun): Moment[] {
  const findings: EventOf<"preflight-finished">["findings"] = [
    {
      level: "warning",
      code: "side-effects",
      skill: "db.insert_load",
      message: "public.orders has a sequence: orders_id_seq will stay advanced",
      remedy: "nothing to do; ids will have a gap",
    },
    {
      level: "info",
      code: "note",
      skill: "db.table_lock",
      message: "lock_timeout is off on the server: writers will wait",
    },
  ];
  if (options.refused) {
    findings.unshift({
      level: "error",
      code: "permission-missing",
      skill: "db.config_change",
      message: "the role chaos may not change work_mem",
      remedy: "GRANT ALTER SYSTEM ON PARAMETER work_mem TO chaos;",
    });
  }
  return [
    [
      0,
      {
        type: "run-started",
        experiment: "Checkout under siege",
        version: "0.1.0",
        hypothesis:
          "While orders is locked and connections run short, the catalogue keeps answering within 500 ms, and checkouts work again within 5 s of the undo.",
        owner: "payments@shop.example",
        ticket: "OPS-1287",
        tags: ["demo", "postgres"],
        file: "config/demo.yaml",
        durationMs: 25_000 * (options.stretch ?? 1),
        seed: 4711,
        probes: [
          { probe: "catalogue answers", kind: "http", role: "steady-state", expect: "== 200", maxLatencyMs: 500 },
          { probe: "an order can be placed", kind: "sql", role: "steady-state", expect: ">= 1", maxLatencyMs: 1_000 },
          { probe: "connections left", kind: "sql", role: "guard", expect: ">= 3" },
        ],
      },
    ],
    [2, phase("discover")],
    [
      190,
      {
        type: "target-discovered",
        target: "shop",
        kind: "database",
        label: "shop on 127.0.0.1:5432",
        summary: "PostgreSQL 18.4, 6 tables, 48 MB",
      },
    ],
    [195, phase("plan")],
    [
      310,
      {
        type: "planned",
        faults: options.faults === false ? [] : plannedFaults(),
        cost: { tables: 2, rows: 50_000, connections: 85 },
      },
    ],
    [312, phase("preflight")],
    [460, { type: "preflight-finished", findings: options.faults === false ? [] : findings }],
    ...(options.refused ? [] : steadyCheck(500, 5_450, "before", true)),
  ];
}

function steadyCheck(
  start: number,
  end: number,
  when: EventOf<"steady-state-checked">["when"],
  held: boolean,
): Moment[] {
  const detail = "canceling statement due to statement timeout";
  const order = held
    ? { ok: true, value: 1, latencyMs: 14.2, detail: "1 row" }
    : { ok: false, value: null, latencyMs: null, detail };
  return [
    [start, phase("steady-state")],
    [
      end,
      {
        type: "steady-state-checked",
        when,
        held,
        answers: [
          { probe: "catalogue answers", ok: true, value: 200, latencyMs: 8.4, detail: "200 OK" },
          { probe: "an order can be placed", ...order },
        ],
      },
    ],
  ];
}

/** As the engine tells it: only what it objects to. Orders need not be possible while the table is locked. */
const during = (): EventBody => ({ type: "steady-state-checked", when: "during", held: true, answers: [] });

function stopping({ guardAt, interruptAt }: DemoRun, undoAt: number): Moment[] {
  const t = undoAt - 2;
  if (guardAt !== undefined) {
    const detail = "1 is not >= 3";
    return [
      [t - 1, { type: "guard-tripped", guard: "connections left", detail }],
      [t, { type: "stop-requested", by: "guard", detail: `connections left: ${detail}` }],
    ];
  }
  if (interruptAt === undefined) return [];
  return [
    [t, { type: "stop-requested", by: "interrupt", detail: "SIGINT" }],
    [t + 300, { type: "hurried", detail: "SIGINT again" }],
  ];
}

function closing(options: DemoRun, undoAt: number, end: number, broken: boolean): Moment[] {
  if (options.refused) return [finished(end, "refused", "the role chaos may not change work_mem")];
  if (!broken) return [[end - 1, phase("verify")], finished(end, "observed", "no skill in the experiment")];
  const verdict: Verdict = options.stuck
    ? "rollback-incomplete"
    : options.guardAt !== undefined
      ? "guarded"
      : options.interruptAt !== undefined
        ? "interrupted"
        : options.unlanded
          ? "unlanded"
          : options.deviated
            ? "deviated"
            : "passed";
  const reasons: Partial<Record<Verdict, string>> = {
    passed: "faults landed, the steady state came back, all undone",
    deviated: "an order can be placed: outside tolerance 5 s after the undo",
    unlanded: "db.config_change on work_mem did not land",
    guarded: "connections left: 1 is not >= 3",
    interrupted: "SIGINT",
    "rollback-incomplete": "1 undo failed",
  };
  return [
    ...steadyCheck(undoAt + 2_600, undoAt + 2_900, "after", !options.deviated),
    [undoAt + 3_000, { type: "recovered", ms: options.deviated ? null : 1_437 }],
    finished(end, verdict, reasons[verdict]!, options.stuck),
  ];
}

function finished(t: number, verdict: Verdict, reason: string, stuck = false): Moment {
  const left = [
    {
      fault: "4",
      undo: 4,
      thing: "work_mem",
      label: "reset work_mem",
      why: 'permission denied to set parameter "work_mem"',
    },
  ];
  return [
    t,
    {
      type: "run-finished",
      verdict,
      reason,
      left: stuck ? left : [],
      ...(stuck ? { retry: `chaos recover ${run}` } : {}),
    },
  ];
}

function recovery(at: number, before: readonly Moment[]): Moment[] {
  const recorded = new Set(before.map(([, body]) => (body.type === "undo-recorded" ? body.undo : 0)));
  const undo = undoScript(at + 60, {}).filter(([, body]) => !("undo" in body) || recorded.has(body.undo));
  return [
    [at, { type: "recovery-started", by: "chaos recover on ops-2" }],
    [at + 1, phase("recover")],
    ...undo,
    finished(at + 2_600, "interrupted", "the process was killed; everything is undone"),
  ];
}
