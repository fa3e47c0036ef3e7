import type { EventBody, PlannedFaultView, Reversal, UndoOutcome } from "@chaos-agents/core";
import type { DemoRun, Moment } from "./demo-run.fixture.ts";

interface DemoFault {
  id: string;
  skill: string;
  reversal: Reversal;
  seen: "effect" | "accepted";
  at: number;
  thing: string;
  label: string;
  undoLabel: string;
  params: unknown;
  cost: Record<string, number>;
  witness: string;
  undone: string;
  remains: string[];
  undoMs: number;
}

const faults: DemoFault[] = [
  {
    id: "1",
    skill: "db.insert_load",
    reversal: "compensated",
    seen: "effect",
    at: 5_500,
    thing: "public.orders",
    label: "insert 50,000 rows into public.orders",
    undoLabel: "delete the 50,000 rows by their reserved keys",
    params: { rows_per_table: 50_000, tables: ["orders"] },
    cost: { tables: 1, rows: 50_000 },
    witness: "50,000 rows with keys 1200001 to 1250000",
    undone: "deleted 50,000 rows",
    remains: ["orders_id_seq stays at 1250000"],
    undoMs: 880,
  },
  {
    id: "2",
    skill: "db.connection_flood",
    reversal: "exact",
    seen: "effect",
    at: 10_000,
    thing: "shop",
    label: "hold 85 of 100 connections to shop",
    undoLabel: "end our 85 sessions",
    params: { connections: 85 },
    cost: { connections: 85 },
    witness: "85 sessions named chaos/20261122-093004-k7qd/2",
    undone: "85 sessions ended",
    remains: [],
    undoMs: 140,
  },
  {
    id: "3",
    skill: "db.table_lock",
    reversal: "exact",
    seen: "effect",
    at: 13_000,
    thing: "public.orders",
    label: "hold ACCESS EXCLUSIVE on public.orders",
    undoLabel: "release the lock on public.orders",
    params: { tables: ["orders"], mode: "access exclusive" },
    cost: { tables: 1 },
    witness: "pg_locks: AccessExclusiveLock granted to pid 41822",
    undone: "lock released, 31 waiters let through",
    remains: [],
    undoMs: 60,
  },
  {
    id: "4",
    skill: "db.config_change",
    reversal: "exact",
    seen: "accepted",
    at: 16_000,
    thing: "work_mem",
    label: "set work_mem to 64kB",
    undoLabel: "reset work_mem",
    params: { changes: [{ param: "work_mem", value: "64kB" }] },
    cost: { settings: 1 },
    witness: "pg_settings: work_mem = 64kB (configuration file)",
    undone: "work_mem reset, it was not set before",
    remains: [],
    undoMs: 95,
  },
];

export const plannedFaults = (): PlannedFaultView[] =>
  faults.map(({ id, skill, reversal, seen, at, params, thing, label, undoLabel, cost }) => ({
    fault: id,
    skill,
    target: "shop",
    reversal,
    seen,
    at: at - faults[0]!.at,
    params,
    things: [{ key: thing, label, undoLabel, reversal, cost }],
  }));

export function faultScript({ unlanded }: DemoRun): Moment[] {
  const moments: Moment[] = [[5_480, { type: "phase-started", phase: "inject" }]];
  faults.forEach(({ id, skill, at, thing, seen, undoLabel, witness }, index) => {
    const about = { fault: id, thing };
    const injected = at + (index === 0 ? 3_400 : 240);
    moments.push([at, { type: "fault-started", fault: id, skill, target: "shop" }]);
    moments.push([at + 20, { type: "undo-recorded", ...about, undo: index + 1, revision: 0, label: undoLabel }]);
    if (index === 0) {
      for (let done = 2_500; done <= 50_000; done += 2_500) {
        const t = at + (done / 50_000) * 3_350;
        moments.push([t, { type: "fault-progressed", ...about, done, total: 50_000, unit: "rows" }]);
      }
    }
    if (id === "2") {
      moments.push([
        injected - 10,
        { type: "fault-noted", ...about, message: "12 connections were refused: too many clients" },
      ]);
    }
    moments.push([injected, { type: "fault-injected", fault: id }]);
    const landed = !(unlanded && id === "4");
    const detail = landed ? witness : "pg_settings still says work_mem = 4MB";
    moments.push([injected + 30, { type: "fault-witnessed", ...about, landed, seen, detail }]);
    if (!landed) {
      const message = "db.config_change on work_mem did not land: pg_settings still says work_mem = 4MB";
      moments.push([
        injected + 31,
        { type: "fault-failed", ...about, message, remedy: "see who else sets work_mem: pg_db_role_setting" },
      ]);
    }
  });
  moments.push([16_300, { type: "phase-started", phase: "observe" }]);
  return moments;
}

/** Last in, first out; only of what was made by then. */
export function undoScript(start: number, { stuck, guardAt, interruptAt }: DemoRun): Moment[] {
  const made = faults.filter(({ at }) => at + 20 < Math.min(guardAt ?? start, interruptAt ?? start));
  const moments: Moment[] = [];
  let t = start + 40;
  for (const fault of made.toReversed()) {
    const undo = faults.indexOf(fault) + 1;
    const about = { fault: fault.id, thing: fault.thing, undo };
    const [outcome, detail]: [UndoOutcome, string] =
      stuck && fault.id === "4"
        ? ["failed", 'permission denied to set parameter "work_mem"']
        : stuck && fault.id === "1"
          ? ["conflict", "49,997 rows deleted; 3 were changed by somebody else since and were kept"]
          : ["undone", fault.undone];
    moments.push([t, { type: "undo-started", ...about, label: fault.undoLabel }]);
    t += fault.undoMs;
    const remains = outcome === "conflict" ? [...fault.remains, "3 rows of ours in public.orders"] : fault.remains;
    const finished: EventBody = { type: "undo-finished", ...about, outcome, detail, remains, ms: fault.undoMs };
    moments.push([t, finished], [t + 2, { type: "fault-undone", fault: fault.id, reversal: fault.reversal, outcome }]);
    t += 20;
  }
  moments.push([t + 20, { type: "phase-started", phase: "verify" }]);
  for (const fault of made.toReversed()) {
    t += 60;
    const residues = stuck && fault.id === "4" ? ["work_mem is still 64kB"] : [];
    const undo = faults.indexOf(fault) + 1;
    moments.push([t, { type: "verified", fault: fault.id, thing: fault.thing, undo, residues }]);
  }
  return moments;
}
