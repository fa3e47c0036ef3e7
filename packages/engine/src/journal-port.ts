import type { Event, EventBody, Phase, Redact, UndoId, UndoOutcome, Verdict } from "@chaos-agents/core";

/** What a run's journal needs to know to be recovered by any later process. Holds no secret. */
export interface RunHeader {
  run: string;
  experiment: string;
  /** The experiment as written, `${VAR}` unexpanded and literal secrets replaced by `${secret:N}`. Plain JSON. */
  source: unknown;
  /** The literal secrets that `${secret:N}` stands for; kept in a 0600 file only until the run is clean. */
  secrets: Record<string, string>;
  startedAt: number;
  /** Where the file was, for people. */
  file?: string | undefined;
}

/** One undo record as it stands on disk. */
export interface UndoEntry {
  undo: UndoId;
  fault: string;
  skill: string;
  /** The name of the target in the experiment. */
  target: string;
  thing: string;
  label: string;
  /** How often it was rewritten with fuller data. */
  revision: number;
  outcome: UndoOutcome | null;
  /** The skill's own record. */
  record: unknown;
}

export interface NewUndo {
  fault: string;
  skill: string;
  target: string;
  thing: string;
  label: string;
  record: unknown;
}

/**
 * A run's journal, opened by the one process that holds its lock. Every promise resolves only when what was given is
 * on disk; calls made close together share one sync. Rejects with `journal-full` when the disk is full.
 */
export interface RunJournal extends AsyncDisposable {
  readonly header: RunHeader;
  /** Numbers the event, makes it durable, and only then tells watchers. */
  append(body: EventBody): Promise<Event>;
  /** Stores an undo record and its `undo-recorded` event together. */
  record(undo: NewUndo): Promise<{ undo: UndoId; event: Event }>;
  /** Replaces an undo record by a fuller one, with its event. */
  revise(undo: UndoId, record: unknown): Promise<Event>;
  /** Marks an undo as ended and appends the event that says so, together. */
  settle(undo: UndoId, outcome: UndoOutcome, body: EventBody): Promise<Event>;
  /** The undos not yet ended well (`undone`, `already`, `conflict`), newest first, without their records. */
  pending(): Omit<UndoEntry, "record">[];
  /** One undo with its record: records may be large, so they are read one at a time. */
  entry(undo: UndoId): UndoEntry;
  /** All undos, oldest first, without their records. */
  entries(): Omit<UndoEntry, "record">[];
  /** Every event so far. */
  events(): Iterable<Event>;
  /** Frees the space kept back for undos, once the disk is full. True when there was some. */
  releaseReserve(): boolean;
  /** Forgets the literal secrets: the run is clean. */
  forgetSecrets(): Promise<void>;
}

export interface RunSummary {
  run: string;
  experiment: string;
  /** Where its file was, for people. */
  file: string | null;
  startedAt: number;
  finishedAt: number | null;
  verdict: Verdict | null;
  phase: Phase | null;
  /** A process holds its lock. */
  live: boolean;
  /** Undos not yet ended well. */
  pending: number;
  /** Why it cannot be read, where it cannot; the other fields are then empty. */
  damaged: string | null;
}

/** Where runs are kept: one folder a run, so that runs do not wait for each other and damage stays local. */
export interface JournalStore {
  /** The state directory, for people. */
  readonly home: string;
  /** Creates a run, and holds its lock until disposed. */
  create(header: RunHeader, options: { redact: Redact }): Promise<RunJournal>;
  /** Opens a run to finish it. Throws `run-locked` while another process holds it, `unknown-run`, `journal-damaged`. */
  open(run: string, options?: { redact?: Redact }): Promise<RunJournal>;
  /** Reads a run's header and literal secrets, without its lock. */
  header(run: string): Promise<RunHeader>;
  /** Ids of all runs, in no order; opens none of them. */
  names(): Promise<string[]>;
  /** Newest first. */
  list(): Promise<RunSummary[]>;
  summary(run: string): Promise<RunSummary>;
  /** Events after `after`, without the lock; with `follow`, goes on until the run ends or `signal` is aborted. */
  events(run: string, options?: { after?: number; follow?: boolean; signal?: AbortSignal }): AsyncIterable<Event>;
  /** Undos of a run, without the lock. */
  entries(run: string): Promise<Omit<UndoEntry, "record">[]>;
  /** The safety lever: while it is set, every run on this machine stops and undoes, and no new one starts. */
  readonly lever: SafetyLever;
  /** The same for one run, from any process. Throws `unknown-run`. */
  leverOf(run: string): RunLever;
}

export interface HaltOrder {
  at: number;
  by: string;
  reason: string;
}

export interface SafetyLever extends RunLever {
  /** False when nothing was halted. */
  resume(): Promise<boolean>;
}

/** What stops a run, and cannot be taken back. */
export interface RunLever {
  /** The order in force, or null. */
  read(): Promise<HaltOrder | null>;
  halt(order: HaltOrder): Promise<void>;
  /** Resolves with the order once there is one; rejects when `signal` is aborted. Seen within 250 ms. */
  wait(signal: AbortSignal): Promise<HaltOrder>;
}
