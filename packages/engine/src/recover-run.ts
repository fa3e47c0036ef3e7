import {
  type Catalog,
  type Clock,
  type Event,
  type Experiment,
  type Random,
  type Redact,
  ChaosError,
  fixedEventKeys,
  redactDeep,
  counted,
} from "@chaos-agents/core";
import { type KnownTargets, knownTargets } from "./identity.ts";
import type { JournalStore, RunHeader, RunJournal } from "./journal-port.ts";
import { type RunOutcome } from "./run-experiment.ts";
import { type EventListener, RunLog } from "./run-log.ts";
import type { StopSource } from "./stop-source.ts";
import { TargetPool } from "./target-pool.ts";
import { type Patience, type Undoing, retryCommand, undoAll, usualPatience, verifyAll } from "./undoing.ts";

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
  /** Undoes on targets that are others than those the run broke: what it broke has moved there. */
  moved?: boolean;
  patience?: Patience;
}

/**
 * Finishes what a run left behind, from its journal alone. Takes the run's lock first, so that it never works beside the
 * run itself or another recovery. Does nothing to a run that is clean. Throws `another-target`, and touches nothing, where
 * a target is not the one that the run broke.
 */
export async function recoverRun(request: RecoverRequest): Promise<RunOutcome> {
  const { catalog, store, clock, random, run, stop, listeners } = request;
  const header = await store.header(run);
  if ((await store.summary(run)).pending === 0) return await closeClean(request, header);
  const { experiment, redact } = await request.revive(header);
  await using journal = await store.open(run, { redact });
  const known: KnownTargets = request.moved ? new Map() : knownTargets(journal.events());
  const pool = () => new TargetPool(catalog, experiment, run, clock, known);
  await using targets = pool();
  await expectKnown(targets, journal, stop.hurry);
  const log = new RunLog(journal, run, { clock, redact, listeners });
  log.enterUndo();
  journal.releaseReserve();
  await log.emit({ type: "recovery-started", by: "chaos recover" });
  await log.emit({ type: "phase-started", phase: "undo" });
  const open = new Set(journal.pending().map(({ undo }) => undo));
  const undoing: Undoing = {
    catalog,
    journal,
    log,
    clock,
    random,
    patience: request.patience ?? usualPatience,
    hurry: stop.hurry,
    target: (name) => targets.get(name),
    connect: pool,
  };
  const left = await undoAll(undoing);
  await log.emit({ type: "phase-started", phase: "verify" });
  const settled = journal
    .entries()
    .filter(({ undo, outcome }) => open.has(undo) && (outcome === "undone" || outcome === "already"));
  left.push(...(await verifyAll(undoing, settled)));
  const clean = left.length === 0;
  const outcome = clean
    ? putBack
    : ({ verdict: "rollback-incomplete", reason: `${counted(left.length, "undo")} could not be done` } as const);
  await log.emit({ type: "run-finished", ...outcome, left, ...(clean ? {} : { retry: retryCommand(run) }) });
  if (clean) await journal.forgetSecrets();
  return redactDeep({ run, ...outcome, left }, redact, fixedEventKeys);
}

/** A target that cannot be reached is for the undo to be patient with; the pool looks again once it can be. */
async function expectKnown(targets: TargetPool, journal: RunJournal, hurry: AbortSignal): Promise<void> {
  const names = new Set(journal.pending().map(({ target }) => target));
  const reached = await Promise.allSettled([...names].map((name) => targets.get(name, [hurry])));
  for (const one of reached) {
    const reason: unknown = one.status === "rejected" ? one.reason : null;
    if (reason instanceof ChaosError && reason.code === "another-target") throw reason;
  }
}

const putBack = {
  verdict: "interrupted",
  reason: "the run was cut off; everything it changed has been put back",
} as const;

/** Nothing is left to undo, so neither the experiment nor its secrets are needed: only the run's end may be missing. */
async function closeClean(
  { store, clock, run, listeners }: RecoverRequest,
  { secrets }: RunHeader,
): Promise<RunOutcome> {
  const finished = await lastFinish(store.events(run));
  const ended = finished?.left.length === 0;
  if (!ended || Object.keys(secrets).length > 0) {
    await using journal = await store.open(run);
    const log = new RunLog(journal, run, { clock, redact: (text) => text, listeners });
    log.enterUndo();
    if (!ended) {
      await log.emit({ type: "recovery-started", by: "chaos recover" });
      await log.emit({ type: "run-finished", ...putBack, left: [] });
    }
    await journal.forgetSecrets();
  }
  return { run, ...(ended ? { verdict: finished.verdict, reason: finished.reason } : putBack), left: [] };
}

async function lastFinish(events: AsyncIterable<Event>) {
  let last;
  for await (const event of events) if (event.type === "run-finished") last = event;
  return last;
}
