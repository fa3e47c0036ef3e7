import { type Experiment, type Target, type UndoOutcome, ChaosError, describeError } from "@chaos-agents/core";
import { ActiveFault } from "./active-fault.ts";
import type { RunJournal } from "./journal-port.ts";
import type { PlannedFault, PlanningContext } from "./planning.ts";
import type { ProbeDesk } from "./probe-desk.ts";
import type { RunLog } from "./run-log.ts";
import type { SteadyState } from "./steady-state.ts";
import type { StopSource } from "./stop-source.ts";
import type { TargetPool } from "./target-pool.ts";
import { type Left, type Undoing, unburied, undoAll } from "./undoing.ts";

interface Parts {
  journal: RunJournal;
  log: RunLog;
  targets: TargetPool;
  desk: ProbeDesk;
  undoing: Undoing;
  context: PlanningContext;
  stop: StopSource;
  steady: SteadyState;
}

const worstFirst: UndoOutcome[] = ["failed", "conflict", "undone", "already"];

/** The time in which faults stand: the experiment's timeline, watched by probes and guards, up to its end or a stop. */
export class FaultWindow {
  readonly #experiment: Experiment;
  readonly #faults: readonly PlannedFault[];
  readonly #parts: Parts;
  readonly #active: ActiveFault[] = [];
  readonly #ending: Promise<void>[] = [];
  readonly #end = new AbortController();
  readonly #watching = new AbortController();
  readonly #guarding = new AbortController();
  readonly #watchers: Promise<void>[] = [];
  readonly #reported = new Set<string>();
  readonly #stood = new Set<string>();
  /** Faults whose time is over, but whose undo waits for a newer change to the same thing. */
  readonly #overdue = new Set<string>();
  #standing = false;
  #answersDuring = 0;

  constructor(experiment: Experiment, faults: readonly PlannedFault[], parts: Parts) {
    this.#experiment = experiment;
    this.#faults = faults;
    this.#parts = parts;
  }

  /** Makes the faults in their turn and lets them stand; returns when their time is over, and when the run has to stop. */
  async stand(): Promise<void> {
    const { log, stop, context } = this.#parts;
    await log.emit({ type: "phase-started", phase: this.#faults.length > 0 ? "inject" : "observe" });
    this.#standing = true;
    this.#watch();
    const started = context.clock.monotonic();
    const signal = AbortSignal.any([this.#end.signal, stop.signal]);
    const over = aborted(signal);
    const timer = context.clock.sleep(this.#experiment.duration, signal).then(
      () => this.#end.abort(new ChaosError("interrupted", "the experiment's time is over")),
      () => undefined,
    );
    const timeline = this.#timeline(started, signal).then(async () => {
      if (this.#faults.length > 0 && !signal.aborted) await log.emit({ type: "phase-started", phase: "observe" });
    });
    timeline.catch((error: unknown) => {
      if (!signal.aborted) stop.stop("failure", describeError(error));
    });
    await over;
    await timer;
  }

  /** Ends what lives in our process, newest first, before the undo. */
  async letGo(): Promise<void> {
    this.#standing = false;
    this.#guarding.abort();
    const { hurry } = this.#parts.stop;
    await Promise.all(this.#ending);
    await Promise.all(this.#active.toReversed().map((fault) => fault.letGo(hurry)));
    await this.#parts.steady.closeDuring(this.#answersDuring);
  }

  /** The faults that never stood: their time did not come, or their injection did not end. */
  get unstood(): PlannedFault[] {
    return this.#faults.filter(({ id }) => !this.#stood.has(id));
  }

  async reportUndone(left: readonly { fault: string }[]): Promise<void> {
    for (const fault of this.#active.toReversed())
      await this.#reportUndone(
        fault,
        left.some(({ fault: id }) => id === fault.planned.id),
      );
  }

  async close(): Promise<void> {
    this.#watching.abort();
    await Promise.allSettled(this.#watchers);
  }

  async #timeline(started: number, signal: AbortSignal): Promise<void> {
    const scheduled = this.#faults.filter(({ use }) => use.at !== undefined);
    const inTurn = this.#faults.filter(({ use }) => use.at === undefined);
    const { clock } = this.#parts.context;
    await Promise.all([
      ...scheduled.map(async (fault) => {
        await clock.sleep(Math.max(0, started + fault.use.at! - clock.monotonic()), signal);
        await this.#inject(fault, signal);
      }),
      this.#experiment.parallel
        ? Promise.all(inTurn.map((fault) => this.#inject(fault, signal)))
        : (async () => {
            for (const fault of inTurn) await this.#inject(fault, signal);
          })(),
    ]);
  }

  async #inject(planned: PlannedFault, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    const { targets, stop, ...parts } = this.#parts;
    const target: Target = await targets.get(planned.use.target);
    signal.throwIfAborted();
    const onLost = (message: string) => stop.stop("failure", message);
    const fault = new ActiveFault(planned, target, { ...parts, onLost });
    this.#active.push(fault);
    const since = await fault.inject(signal);
    this.#stood.add(planned.id);
    if (planned.use.duration === undefined) return;
    const ending = this.#endAt(fault, since + planned.use.duration, signal);
    this.#ending.push(
      ending.catch((error: unknown) => {
        if (!signal.aborted) stop.stop("failure", describeError(error));
      }),
    );
  }

  /** Undoes one fault at its own time; what fails stays in the journal for the undo of the whole run. */
  async #endAt(fault: ActiveFault, due: number, signal: AbortSignal): Promise<void> {
    const { context, stop, undoing } = this.#parts;
    await context.clock.sleep(Math.max(0, due - context.clock.monotonic()), signal).catch(() => undefined);
    if (signal.aborted) return;
    await fault.letGo(stop.hurry);
    const hurry = AbortSignal.any([undoing.hurry, signal]);
    for (let due: ReadonlySet<string> = new Set([fault.planned.id]); due.size > 0; due = this.#freed()) {
      const left = await undoAll({ ...undoing, hurry }, (entry) => due.has(entry.fault));
      if (signal.aborted) return;
      await this.#settleEnded(due, left);
    }
  }

  async #settleEnded(due: ReadonlySet<string>, left: readonly Left[]): Promise<void> {
    const open = new Set(this.#parts.journal.pending().map((entry) => entry.fault));
    for (const ended of this.#active.filter(({ planned }) => due.has(planned.id)).toReversed()) {
      const { id, use } = ended.planned;
      const failed = left.find((one) => one.fault === id);
      if (open.has(id) && !failed) this.#overdue.add(id);
      else await this.#reportUndone(ended, failed !== undefined);
      if (failed)
        this.#parts.stop.stop("failure", `${use.skill} could not be undone when its time was over: ${failed.why}`);
    }
  }

  /** The overdue faults that nothing newer lies on any more, taken out to be undone. */
  #freed(): ReadonlySet<string> {
    const freed = unburied(this.#parts.journal.pending(), this.#overdue);
    for (const id of freed) this.#overdue.delete(id);
    return freed;
  }

  async #reportUndone(fault: ActiveFault, failed: boolean): Promise<void> {
    const { id } = fault.planned;
    if (this.#reported.has(id)) return;
    if (!failed) this.#reported.add(id);
    const outcomes = this.#parts.journal
      .entries()
      .filter((entry) => entry.fault === id)
      .map(({ outcome }) => outcome ?? "failed");
    const outcome = failed ? "failed" : (worstFirst.find((one) => outcomes.includes(one)) ?? "already");
    await this.#parts.log.emit({ type: "fault-undone", fault: id, reversal: fault.reversal, outcome });
  }

  #watch(): void {
    const { desk, log, steady, stop } = this.#parts;
    this.#watchers.push(
      desk.watchSteadyState(this.#watching.signal, (answer, use) => {
        log.emitSoon({ type: "probe-answered", role: "steady-state", ...answer });
        if (!this.#standing || !use.when.includes("during")) return;
        this.#answersDuring++;
        steady.noteDuring(answer);
      }),
      desk.watchGuards(
        this.#guarding.signal,
        (answer) => log.emitSoon({ type: "probe-answered", role: "guard", ...answer }),
        (guard, answer) => {
          if (this.#guarding.signal.aborted) return;
          this.#guarding.abort();
          log.emitSoon({ type: "guard-tripped", guard: guard.name, detail: answer.detail });
          stop.stop("guard", `guard "${guard.name}" tripped: ${answer.detail}`);
        },
      ),
    );
  }
}

/** Resolves when the signal is aborted. */
function aborted(signal: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  if (signal.aborted) resolve();
  else signal.addEventListener("abort", () => resolve(), { once: true });
  return promise;
}
