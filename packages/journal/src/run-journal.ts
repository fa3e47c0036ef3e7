import type { DatabaseSync } from "node:sqlite";
import { ChaosError, eventVersion, fixedEventKeys, redactDeep } from "@chaos-agents/core";
import type { Clock, Event, EventBody, Redact, UndoId, UndoOutcome } from "@chaos-agents/core";
import type { NewUndo, RunHeader, RunJournal, UndoEntry } from "@chaos-agents/engine";
import { GroupCommit } from "./group-commit.ts";
import { type JournalTables, type OpenJournal, only } from "./journal-database.ts";
import { readFailure, writeFailure } from "./journal-error.ts";
import type { RunFiles } from "./run-files.ts";
import { forgetSecrets, releaseReserve } from "./run-side-files.ts";
import { type RunState, type UndoState, isPending, withEvent } from "./run-state.ts";
import { toJson } from "./sealed-table.ts";

interface Opening {
  header: RunHeader;
  files: RunFiles;
  lock: Disposable;
  journal: OpenJournal;
  redact: Redact;
  clock: Clock;
}

/** The journal of the one process that holds the run's lock. */
export class SqliteRunJournal implements RunJournal {
  readonly header: RunHeader;
  readonly #files: RunFiles;
  readonly #lock: Disposable;
  readonly #redact: Redact;
  readonly #clock: Clock;
  readonly #db: DatabaseSync;
  readonly #tables: JournalTables;
  readonly #group = new GroupCommit((writes) => this.#commit(writes));
  #state: RunState;

  constructor({ header, files, lock, journal, redact, clock }: Opening) {
    this.header = { ...header };
    this.#files = files;
    this.#lock = lock;
    this.#redact = redact;
    this.#clock = clock;
    this.#db = journal.db;
    this.#tables = journal.tables;
    this.#state = journal.state;
  }

  async append(body: EventBody): Promise<Event> {
    const next = this.#event(body);
    return this.#submit(() => this.#put(next()));
  }

  async record({ fault, skill, target, thing, label, record }: NewUndo): Promise<{ undo: UndoId; event: Event }> {
    const json = toJson(record);
    const at = this.#clock.now();
    return this.#submit(() => {
      const undo = this.#state.undos + 1;
      const entry: UndoState = { undo, fault, skill, target, thing, label, revision: 0, outcome: null };
      this.#tables.undos.put(undo, entry);
      this.#tables.records.putJson(undo, json);
      this.#state = { ...this.#state, undos: undo, pending: this.#state.pending + 1 };
      return { undo, event: this.#put(this.#event(recorded(entry), at)()) };
    });
  }

  async revise(undo: UndoId, record: unknown): Promise<Event> {
    const json = toJson(record);
    const at = this.#clock.now();
    return this.#submit(() => {
      const old = this.#undo(undo);
      const entry = { ...old, revision: old.revision + 1 };
      this.#tables.undos.put(undo, entry);
      this.#tables.records.putJson(undo, json);
      return this.#put(this.#event(recorded(entry), at)());
    });
  }

  async settle(undo: UndoId, outcome: UndoOutcome, body: EventBody): Promise<Event> {
    const next = this.#event(body);
    return this.#submit(() => {
      const old = this.#undo(undo);
      const event = this.#put(next());
      this.#tables.undos.put(undo, { ...old, outcome });
      const pending = this.#state.pending - Number(isPending(old.outcome)) + Number(isPending(outcome));
      this.#state = { ...this.#state, pending };
      return event;
    });
  }

  pending(): UndoState[] {
    return this.entries()
      .filter(({ outcome }) => isPending(outcome))
      .reverse();
  }

  entry(undo: UndoId): UndoEntry {
    const state = this.#undo(undo);
    return { ...state, record: this.#read(() => this.#tables.records.get(undo)) };
  }

  entries(): UndoState[] {
    return this.#read(() => this.#tables.undos.range(1, this.#state.undos));
  }

  *events(): Iterable<Event> {
    for (let after = 0; after < this.#state.events;) {
      const batch = this.#read(() => this.#tables.eventsAfter(after, this.#state));
      yield* batch;
      after += batch.length;
    }
  }

  releaseReserve(): boolean {
    return releaseReserve(this.#files);
  }

  async forgetSecrets(): Promise<void> {
    await forgetSecrets(this.#files);
    this.header.secrets = {};
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.#db.isOpen) return;
    using _lock = this.#lock;
    this.#group.flush();
    this.#db.close();
    if (this.#state.pending === 0) this.releaseReserve();
  }

  #submit<T>(write: () => T): Promise<T> {
    if (this.#db.isOpen) return this.#group.submit(write);
    throw new ChaosError("internal", `The journal of run ${this.header.run} is closed`);
  }

  #commit(writes: () => void): void {
    const before = this.#state;
    try {
      this.#db.exec("BEGIN IMMEDIATE");
      writes();
      this.#tables.state.put(only, this.#state);
      this.#db.exec("COMMIT");
    } catch (error) {
      this.#state = before;
      if (this.#db.isTransaction) this.#db.exec("ROLLBACK");
      throw writeFailure(error, this.#files);
    }
  }

  /** An event as of now; its number is given when it is written. */
  #event(body: EventBody, at = this.#clock.now()): () => Event {
    const hidden = redactDeep(body, this.#redact, fixedEventKeys);
    return () => ({ v: eventVersion, run: this.header.run, seq: this.#state.events + 1, at, ...hidden });
  }

  #put(event: Event): Event {
    this.#tables.putEvent(event);
    this.#state = withEvent(this.#state, event);
    return event;
  }

  #undo(undo: UndoId): UndoState {
    if (undo >= 1 && undo <= this.#state.undos) return this.#read(() => this.#tables.undos.get(undo));
    throw new ChaosError("internal", `Run ${this.header.run} has no undo ${undo}`);
  }

  #read<T>(read: () => T): T {
    try {
      return read();
    } catch (error) {
      throw readFailure(error, this.#files);
    }
  }
}

const recorded = ({ fault, thing, undo, revision, label }: UndoState): EventBody => ({
  type: "undo-recorded",
  fault,
  thing,
  undo,
  revision,
  label,
});
