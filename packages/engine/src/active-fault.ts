import {
  type EventBody,
  type Held,
  type InjectContext,
  type Reversal,
  type Target,
  type Thing,
  type UndoId,
  ChaosError,
  describeError,
} from "@chaos-agents/core";
import pLimit from "p-limit";
import { withDeadline } from "./deadline.ts";
import type { RunJournal } from "./journal-port.ts";
import { type PlannedFault, type PlanningContext, skillContext } from "./planning.ts";
import type { RunLog } from "./run-log.ts";

const witnessDeadline = 30_000;
const closeDeadline = 5_000;
const progressEvery = 250;

/** One fault being made, standing, and let go again. Its undo is not here: any process can do that from the journal. */
export class ActiveFault {
  readonly planned: PlannedFault;
  readonly #target: Target;
  readonly #journal: RunJournal;
  readonly #log: RunLog;
  readonly #context: PlanningContext;
  readonly #closing = new AbortController();
  readonly #held: Held[] = [];
  readonly #onLost: (message: string) => void;
  readonly #injecting: Promise<unknown>[] = [];

  constructor(
    planned: PlannedFault,
    target: Target,
    parts: { journal: RunJournal; log: RunLog; context: PlanningContext; onLost: (message: string) => void },
  ) {
    this.planned = planned;
    this.#target = target;
    this.#journal = parts.journal;
    this.#log = parts.log;
    this.#context = parts.context;
    this.#onLost = parts.onLost;
  }

  get reversal(): Reversal {
    const worst: Reversal[] = ["exact", "compensated", "recovers-by-itself"];
    const ranks = this.planned.things.map((thing) => worst.indexOf(thing.reversal ?? this.planned.skill.reversal));
    return worst[Math.max(...ranks)]!;
  }

  /**
   * Breaks every thing and looks whether it shows. Returns since when it stands, by the monotonic clock; throws when one
   * could not be made, or cannot be seen.
   */
  async inject(signal: AbortSignal): Promise<number> {
    const { id, use, skill, things } = this.planned;
    await this.#log.emit({ type: "fault-started", fault: id, skill: use.skill, target: use.target });
    const limit = pLimit(skill.concurrency ?? 1);
    const stop = AbortSignal.any([signal, this.#closing.signal]);
    const records = new Map<string, UndoId[]>();
    const all = things.map((thing) =>
      limit(async () => {
        stop.throwIfAborted();
        const ids: UndoId[] = [];
        records.set(thing.key, ids);
        await this.#reporting(thing, () => this.#drive(thing, ids, stop));
      }),
    );
    this.#injecting.push(...all);
    await settleAll(all);
    const since = this.#context.clock.monotonic();
    await this.#log.emit({ type: "fault-injected", fault: id });
    const witnesses = things.map((thing) =>
      limit(() => this.#reporting(thing, () => this.#witness(thing, records.get(thing.key)!, stop))),
    );
    await settleAll(witnesses);
    return since;
  }

  /** Ends what lives in our process: loops, held sessions, an injection under way. Never throws, never hangs. */
  async letGo(hurry: AbortSignal): Promise<void> {
    this.#closing.abort(new ChaosError("interrupted", "the fault is being undone"));
    const patience = hurry.aborted ? 500 : closeDeadline;
    const waiting = [...this.#injecting, ...this.#held.toReversed().map((held) => disposeQuietly(held))];
    await withDeadline("letting go", patience, [hurry], () => Promise.allSettled(waiting)).catch(() => undefined);
  }

  async #drive(thing: Thing, ids: UndoId[], stop: AbortSignal): Promise<void> {
    const { id: fault, skill, use } = this.planned;
    const steps = skill.inject(this.#target, thing, this.#injectContext(thing, stop));
    try {
      let next = await steps.next(0);
      while (!next.done) {
        const record = skill.undoRecord.parse(next.value.record);
        let id = next.value.revises;
        stop.throwIfAborted();
        if (id === undefined) {
          const recorded = await this.#journal.record({
            fault,
            skill: use.skill,
            target: use.target,
            thing: thing.key,
            label: thing.undoLabel,
            record,
          });
          id = recorded.undo;
          ids.push(id);
          this.#log.tell(recorded.event);
        } else this.#log.tell(await this.#journal.revise(id, record));
        stop.throwIfAborted();
        next = await steps.next(id);
      }
    } finally {
      await steps.return(undefined);
    }
  }

  async #witness(thing: Thing, ids: readonly UndoId[], stop: AbortSignal): Promise<void> {
    const { id: fault, skill, use } = this.planned;
    const journal = this.#journal;
    const records = {
      *[Symbol.iterator]() {
        for (const id of ids) yield journal.entry(id).record;
      },
    };
    const limit = skill.witnessDeadline ?? witnessDeadline;
    const seen = await withDeadline(`${use.skill}: looking whether it landed`, limit, [stop], (signal) =>
      skill.witness(this.#target, thing, records, skillContext({ ...this.#context, signal }, fault)),
    );
    await this.#log.emit({ type: "fault-witnessed", fault, thing: thing.key, ...seen, seen: skill.seen });
    if (!seen.landed)
      throw new ChaosError("fault-not-landed", `${use.skill} on ${thing.key} did not land: ${seen.detail}`);
  }

  #injectContext(thing: Thing, signal: AbortSignal): InjectContext {
    const { id: fault } = this.planned;
    const about = { fault, thing: thing.key };
    let lastProgress = -Infinity;
    return {
      ...skillContext({ ...this.#context, signal }, fault),
      hold: (held) => {
        this.#held.push(held);
        if (this.#closing.signal.aborted) void disposeQuietly(held);
        const lost = (message: string) => {
          if (this.#closing.signal.aborted) return;
          this.#log.emitSoon({ type: "fault-lost", ...about, message });
          this.#onLost(`${this.planned.use.skill} on ${thing.key} did not last: ${message}`);
        };
        void held.lost?.then(lost, (error: unknown) => lost(describeError(error)));
      },
      progress: (done, total, unit) => {
        const now = this.#context.clock.monotonic();
        if (done < total && now - lastProgress < progressEvery) return;
        lastProgress = now;
        this.#log.emitSoon({ type: "fault-progressed", ...about, done, total, unit });
      },
      note: (message) => this.#log.emitSoon({ type: "fault-noted", ...about, message }),
    };
  }

  async #reporting(thing: Thing, work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      const { signal } = this.#context;
      if (!signal.aborted && !this.#closing.signal.aborted) {
        const remedy = error instanceof ChaosError ? error.remedy : undefined;
        const body: EventBody = {
          type: "fault-failed",
          fault: this.planned.id,
          thing: thing.key,
          message: describeError(error),
        };
        await this.#log.emit(remedy ? { ...body, remedy } : body);
      }
      throw error;
    }
  }
}

async function disposeQuietly(held: Held): Promise<void> {
  try {
    await held[Symbol.asyncDispose]();
  } catch {
    // the fence ends what would not end by itself
  }
}

/** Waits for all, then throws the first failure: nothing may still be running when a fault counts as failed. */
async function settleAll(work: readonly Promise<unknown>[]): Promise<void> {
  const results = await Promise.allSettled(work);
  const failed = results.find((result) => result.status === "rejected");
  if (failed) throw failed.reason;
}
