import {
  type Catalog,
  type Clock,
  type Experiment,
  type Random,
  type Redact,
  type Verdict,
  ChaosError,
  describeError,
  fixedEventKeys,
  formatDuration,
  redactDeep,
  counted,
} from "@chaos-agents/core";
import { FaultWindow } from "./fault-window.ts";
import type { JournalStore, RunJournal, RunLever } from "./journal-port.ts";
import type { PlanningContext } from "./planning.ts";
import { Refusal, prepare, remedyOf, runStarted, verdictOf } from "./prepare.ts";
import { ProbeDesk } from "./probe-desk.ts";
import { newRunId } from "./run-id.ts";
import { type EventListener, RunLog } from "./run-log.ts";
import { SteadyState } from "./steady-state.ts";
import type { StopSource } from "./stop-source.ts";
import { TargetPool } from "./target-pool.ts";
import { type Left, type Undoing, retryCommand, undoAll, usualPatience, verifyAll } from "./undoing.ts";

/** Something that measures beside the run, such as a traffic generator; its samples are part of the journal. */
export interface Observer {
  name: string;
  /** Calls `sample` until `signal` is aborted. A value that was not measured is null. */
  observe(
    sample: (values: Record<string, number | null>, units?: Record<string, string>) => void,
    signal: AbortSignal,
  ): Promise<void>;
}

export interface RunRequest {
  catalog: Catalog;
  store: JournalStore;
  clock: Clock;
  random: Random;
  experiment: Experiment;
  /** The experiment as the journal may keep it; see RunHeader. */
  source: unknown;
  secrets: Record<string, string>;
  redact: Redact;
  /** The version of chaos, for the report. */
  version: string;
  file?: string | undefined;
  /** Its id, where whoever asks has to know it before there is a journal; the journal makes sure that it is new. */
  run?: string | undefined;
  stop: StopSource;
  listeners: readonly EventListener[];
  observers?: readonly Observer[];
  /** Asked once the plan is known; false ends the run before anything is touched. */
  approve?: (run: string) => Promise<boolean>;
}

export interface RunOutcome {
  run: string;
  verdict: Verdict;
  reason: string;
  /** What to do about the reason, where that is known. */
  remedy?: string;
  left: readonly Left[];
}

/** Runs one experiment from discovery to report. However it ends, what was changed is undone first, or said to be left. */
export async function runExperiment(asked: RunRequest): Promise<RunOutcome> {
  const stop = asked.stop.child();
  const request = { ...asked, stop };
  const { store, clock, experiment } = request;
  const order = await store.lever.read();
  if (order) {
    throw new ChaosError("halted", `new runs are blocked since ${order.by} halted this machine: ${order.reason}`, {
      remedy: "run `chaos resume` when it is safe again",
    });
  }
  const run = request.run ?? newRunId(clock.now());
  await using journal = await store.create(
    {
      run,
      experiment: experiment.name,
      source: request.source,
      secrets: request.secrets,
      startedAt: clock.now(),
      file: request.file,
    },
    { redact: request.redact },
  );
  const log = new RunLog(journal, run, request);
  await using targets = new TargetPool(request.catalog, experiment, run, clock);
  await using desk = new ProbeDesk(request.catalog, experiment, clock);
  const over = new AbortController();
  const watch = (lever: RunLever, what: string) =>
    lever.wait(over.signal).then(
      (order) => stop.stop("halt", `${order.by} ${what}: ${order.reason}`),
      () => undefined,
    );
  const watches = [watch(store.lever, "halted this machine"), watch(store.leverOf(run), "stopped this run")];
  const observing = observe(request, log, over.signal);
  const undoing: Undoing = {
    catalog: request.catalog,
    journal,
    log,
    clock,
    random: request.random,
    target: (name) => targets.get(name),
    connect: () => new TargetPool(request.catalog, experiment, run, clock),
    patience: usualPatience,
    hurry: stop.hurry,
  };
  try {
    return await new Run(request, run, { journal, log, targets, desk, undoing, over }).go();
  } finally {
    over.abort();
    await Promise.allSettled([...watches, ...observing]);
  }
}

interface RunParts {
  journal: RunJournal;
  log: RunLog;
  targets: TargetPool;
  desk: ProbeDesk;
  undoing: Undoing;
  /** Aborted when all is said but how the run ended. */
  over: AbortController;
}

class Run {
  readonly #request: RunRequest;
  readonly #run: string;
  readonly #parts: RunParts;

  constructor(request: RunRequest, run: string, parts: RunParts) {
    this.#request = request;
    this.#run = run;
    this.#parts = parts;
  }

  async go(): Promise<RunOutcome> {
    const request = this.#request;
    const parts = this.#parts;
    const { log, desk } = parts;
    const { stop, experiment, clock } = request;
    const steady = new SteadyState(desk, log, clock);
    let window: FaultWindow | undefined;
    let failure: unknown;
    try {
      await log.emit(runStarted(request));
      this.#tellOfStops();
      const faults = await prepare(request, this.#run, log, parts.targets);
      await this.#steadyBefore(steady);
      await this.#approve();
      const context: PlanningContext = { run: this.#run, clock, random: request.random, signal: stop.signal };
      window = new FaultWindow(experiment, faults, { ...parts, context, stop, steady });
      await window.stand();
    } catch (error) {
      failure = error;
    }
    const left = window ? await this.#putBack(window, steady) : [];
    return await this.#finish(this.#judge({ left, failure, window, steady }));
  }

  #tellOfStops(): void {
    const { log, over } = this.#parts;
    const { stop } = this.#request;
    onceAborted(stop.signal, over.signal, () => {
      log.emitSoon({ type: "stop-requested", by: stop.reason!.by, detail: stop.reason!.message });
    });
    onceAborted(stop.hurry, over.signal, () => {
      log.emitSoon({ type: "hurried", detail: "waits are cut short; no undo is skipped" });
    });
  }

  async #approve(): Promise<void> {
    const { approve, stop } = this.#request;
    stop.signal.throwIfAborted();
    if (!approve) return;
    const { promise: stopped, reject } = Promise.withResolvers<never>();
    onceAborted(stop.signal, this.#parts.over.signal, () => reject(stop.signal.reason));
    if (!(await Promise.race([approve(this.#run), stopped]))) throw new Refusal("refused", "not approved");
  }

  async #steadyBefore(steady: SteadyState): Promise<void> {
    await this.#parts.log.emit({ type: "phase-started", phase: "steady-state" });
    const bad = await steady.before(this.#request.stop.signal);
    if (bad.length > 0) {
      const what = bad.map(({ probe, detail }) => `${probe}: ${detail}`).join("; ");
      throw new Refusal("deviated", `the steady state did not hold before anything was touched (${what})`);
    }
  }

  async #putBack(window: FaultWindow, steady: SteadyState): Promise<Left[]> {
    const { log, journal, undoing } = this.#parts;
    const { stop, experiment, clock } = this.#request;
    log.enterUndo();
    journal.releaseReserve();
    await log.emit({ type: "phase-started", phase: "undo" });
    await window.letGo();
    const left = await undoAll(undoing);
    const undoneAt = clock.monotonic();
    await window.reportUndone(left);
    await log.emit({ type: "phase-started", phase: "verify" });
    const settled = journal.entries().filter(({ outcome }) => outcome === "undone" || outcome === "already");
    left.push(...(await verifyAll(undoing, settled)));
    await steady.after(undoneAt, experiment.recoveryDeadline, stop);
    await window.close();
    return left;
  }

  #judge(found: { left: Left[]; failure: unknown; window: FaultWindow | undefined; steady: SteadyState }): RunOutcome {
    const { left, failure, window, steady } = found;
    const { stop, experiment } = this.#request;
    const outcome = (verdict: Verdict, reason: string): RunOutcome => ({ run: this.#run, verdict, reason, left });
    if (left.length > 0) return outcome("rollback-incomplete", `${counted(left.length, "undo")} could not be done`);
    const reason = stop.reason;
    if (reason) return outcome(verdictOf(reason), reason.message);
    if (failure instanceof Refusal) return outcome(failure.verdict, failure.message);
    if (failure) return { ...outcome(window ? "unlanded" : "refused", describeError(failure)), ...remedyOf(failure) };
    const [late] = window?.unstood ?? [];
    if (late) {
      const within = formatDuration(experiment.duration);
      return outcome("unlanded", `${late.use.skill} did not stand before the experiment's ${within} were over`);
    }
    const deviation = steady.deviation;
    if (deviation) return outcome("deviated", deviation);
    if (experiment.skills.length === 0) return outcome("observed", "nothing was to be broken; the probes were watched");
    const conflict = this.#parts.journal.entries().some((entry) => entry.outcome === "conflict");
    return outcome(
      "passed",
      conflict
        ? "every fault landed; what others changed meanwhile is kept, the rest is put back"
        : "every fault landed, and all of it is put back",
    );
  }

  async #finish(found: RunOutcome): Promise<RunOutcome> {
    const { log, journal, over } = this.#parts;
    over.abort();
    const outcome = redactDeep(found, this.#request.redact, fixedEventKeys);
    const clean = outcome.left.length === 0;
    await log.emit({
      type: "run-finished",
      verdict: outcome.verdict,
      reason: outcome.reason,
      ...(outcome.remedy !== undefined && { remedy: outcome.remedy }),
      left: [...outcome.left],
      ...(clean ? {} : { retry: retryCommand(this.#run) }),
    });
    if (clean) await journal.forgetSecrets().catch(() => undefined);
    return outcome;
  }
}

function onceAborted(signal: AbortSignal, over: AbortSignal, tell: () => void): void {
  if (signal.aborted) tell();
  else signal.addEventListener("abort", tell, { once: true, signal: over });
}

/** An observer that fails measures nothing more; the run goes on. */
function observe({ observers = [] }: RunRequest, log: RunLog, signal: AbortSignal): Promise<void>[] {
  return observers.map(async (observer) => {
    const sample: Parameters<Observer["observe"]>[0] = (values, units) => {
      if (signal.aborted) return;
      log.emitSoon({ type: "sampled", source: observer.name, values, ...(units ? { units } : {}) });
    };
    await observer.observe(sample, signal).catch(() => undefined);
  });
}
