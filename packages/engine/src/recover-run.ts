import type { Catalog, Clock, Event, Experiment, Random, Redact } from "@chaos-agents/core";
import type { JournalStore, RunHeader } from "./journal-port.ts";
import { type RunOutcome } from "./run-experiment.ts";
import { type EventListener, RunLog } from "./run-log.ts";
import type { StopSource } from "./stop-source.ts";
import { TargetPool } from "./target-pool.ts";
import { type Patience, retryCommand, undoAll, usualPatience, verifyAll } from "./undoing.ts";

export interface RecoverRequest {
  catalog: Catalog;
  store: JournalStore;
  clock: Clock;
  random: Random;
  run: string;
  /** Fills in environment and secrets again; rejects with `missing-secret` when it cannot. */
  revive(header: RunHeader): Promise<{ experiment: Experiment; redact: Redact }>;
  stop: StopSource;
  listeners: readonly EventListener[];
  patience?: Patience;
}

/**
 * Finishes what a run left behind, from its journal alone. Takes the run's lock first, so that it never works beside the
 * run itself or another recovery. Does nothing to a run that is clean.
 */
export async function recoverRun(request: RecoverRequest): Promise<RunOutcome> {
  const { catalog, store, clock, random, run, stop, listeners } = request;
  const { experiment, redact } = await request.revive(await store.header(run));
  await using journal = await store.open(run, { redact });
  const log = new RunLog(journal, run, clock, listeners);
  log.enterUndo();
  const finished = lastFinish(journal.events());
  if (journal.pending().length === 0 && finished && finished.left.length === 0) {
    return { run, verdict: finished.verdict, reason: finished.reason, left: [] };
  }
  journal.releaseReserve();
  await log.emit({ type: "recovery-started", by: "chaos recover" });
  await log.emit({ type: "phase-started", phase: "undo" });
  const open = new Set(journal.pending().map(({ undo }) => undo));
  const undoing = {
    catalog,
    journal,
    log,
    clock,
    random,
    patience: request.patience ?? usualPatience,
    hurry: stop.hurry,
  };
  await using targets = new TargetPool(catalog, experiment, run, clock);
  const left = await undoAll({ ...undoing, target: (name) => targets.get(name) });
  await log.emit({ type: "phase-started", phase: "verify" });
  await using fresh = new TargetPool(catalog, experiment, run, clock);
  const settled = journal
    .entries()
    .filter(({ undo, outcome }) => open.has(undo) && (outcome === "undone" || outcome === "already"));
  left.push(...(await verifyAll({ ...undoing, target: (name) => fresh.get(name) }, settled)));
  const clean = left.length === 0;
  if (clean) await journal.forgetSecrets();
  const outcome = clean
    ? ({ verdict: "interrupted", reason: "the run was cut off; everything it changed has been put back" } as const)
    : ({ verdict: "rollback-incomplete", reason: `${left.length} undo(s) could not be done` } as const);
  await log.emit({ type: "run-finished", ...outcome, left, ...(clean ? {} : { retry: retryCommand(run) }) });
  return { run, ...outcome, left };
}

function lastFinish(events: Iterable<Event>) {
  let last;
  for (const event of events) if (event.type === "run-finished") last = event;
  return last;
}
