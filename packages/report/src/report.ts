import type { BlastCost, EventOf, Phase, ProbeAnswer, Reversal, UndoOutcome, Verdict } from "@chaos-agents/core";

/**
 * A run as its events tell it. Every `t`, `…At`, `from` and `until` is in milliseconds since the run's first event, by the
 * wall clock of the machine that ran it; only `header.startedAt` and `endedAt` are since the epoch. A number is one that was
 * measured, or null.
 */
export interface RunState {
  run: string | null;
  header: ReportHeader;
  verdict: Verdict | null;
  reason: string | null;
  /** What to do about the reason. */
  remedy: string | null;
  /** `t` of the newest event. */
  lastAt: number;
  phases: PhaseReport[];
  /** The run itself first, then one for each recovery. */
  sessions: Session[];
  targets: { target: string; kind: string; label: string; summary: string }[];
  cost: BlastCost;
  findings: EventOf<"preflight-finished">["findings"];
  faults: FaultReport[];
  undos: UndoReport[];
  checks: SteadyStateCheck[];
  probes: ProbeSeries[];
  sources: SampledSource[];
  trips: { t: number; guard: string; detail: string }[];
  stops: { t: number; by: EventOf<"stop-requested">["by"]; detail: string }[];
  hurries: { t: number; detail: string }[];
  /** How long after the undo the steady state was back; `ms` is null when it was not, in time. */
  recovery: { t: number; ms: number | null } | null;
  left: EventOf<"run-finished">["left"];
  retry: string | null;
  log: LogLine[];
}

/** The whole of it, with what follows from the events but stands in none of them. */
export interface RunReport extends Omit<RunState, "probes" | "sources" | "faults"> {
  /** What the run's process exits with; null while there is no verdict. */
  exitCode: number | null;
  /** What to know of the verdict in one sentence. */
  summary: string;
  faults: (FaultReport & { landing: Landing | null })[];
  /** From the first fault to the end of the last undo. `until` is null while faults stand; both are without any fault. */
  disturbed: { from: number | null; until: number | null };
  probes: (ProbeSeries & { stats: PerWindow<ProbeStats> })[];
  sources: (Omit<SampledSource, "columns"> & { columns: SampledColumnReport[] })[];
  figures: Figures;
}

export interface ReportHeader {
  experiment: string | null;
  version: string | null;
  hypothesis: string | null;
  owner: string | null;
  ticket: string | null;
  tags: string[];
  file: string | null;
  startedAt: number | null;
  endedAt: number | null;
  /** How long faults were to stay, in milliseconds. */
  plannedMs: number | null;
  /** What `chaos run --seed` takes to repeat the choices made by chance. */
  seed: number | null;
}

export interface PhaseReport {
  phase: Phase;
  startedAt: number;
  endedAt: number | null;
}

export interface Session {
  /** Who recovered; null for the run itself. */
  by: string | null;
  startedAt: number;
  /** Its last event so far. */
  lastAt: number;
}

export type FaultState =
  | "waiting"
  | "injecting"
  | "active"
  | "failed"
  | "lost"
  | "undoing"
  | "undone"
  | "conflict"
  | "undo-failed";

/** `lost`: it was there, and then no longer although nobody undid it. */
export type Landing = "landed" | "not-landed" | "lost";

export interface FaultReport {
  fault: string;
  skill: string | null;
  target: string | null;
  /** What its undo is worth: as planned, then as it turned out. */
  reversal: Reversal | null;
  seen: "effect" | "accepted" | null;
  /** Milliseconds from the first fault, and how long, where the experiment said so. */
  planned: { at: number | null; duration: number | null };
  params: unknown;
  things: ThingReport[];
  state: FaultState;
  startedAt: number | null;
  /** Since when it was wholly made. */
  activeFrom: number | null;
  undoStartedAt: number | null;
  undoneAt: number | null;
  outcome: UndoOutcome | null;
  progress: { thing: string; done: number; total: number; unit: string } | null;
  notes: { t: number; thing: string; message: string }[];
  errors: { t: number; kind: "failed" | "lost"; thing: string | null; message: string; remedy: string | null }[];
}

export interface ThingReport {
  key: string;
  label: string;
  undoLabel: string | null;
  reversal: Reversal | null;
  cost: BlastCost;
  witness: { t: number; landed: boolean; seen: "effect" | "accepted"; detail: string } | null;
}

export interface UndoReport {
  undo: number;
  fault: string;
  thing: string;
  label: string;
  worth: Reversal | null;
  recordedAt: number | null;
  startedAt: number | null;
  endedAt: number | null;
  attempts: number;
  outcome: UndoOutcome | null;
  detail: string | null;
  /** What stays different even so. */
  remains: string[];
  ms: number | null;
  /** What could still be seen afterwards; null when nobody looked. */
  residues: string[] | null;
}

export interface SteadyStateCheck {
  t: number;
  when: "before" | "during" | "after";
  held: boolean;
  answers: ProbeAnswer[];
}

export interface ProbeSeries {
  probe: string;
  role: "steady-state" | "guard";
  kind: string | null;
  expect: string | null;
  maxLatencyMs: number | null;
  points: { t: number; value: number | string | null; latencyMs: number | null; ok: boolean }[];
  /** The words of the newest answer. */
  detail: string | null;
}

/** Numbers taken at one moment, side by side: `values[i]` of every column belongs to `t[i]`. */
export interface SampledSource {
  source: string;
  t: number[];
  columns: SampledColumn[];
}

export interface SampledColumn {
  name: string;
  unit: string | null;
  values: (number | null)[];
}

export interface SampledColumnReport extends SampledColumn {
  stats: PerWindow<Spread>;
}

export interface PerWindow<Stats> {
  before: Stats;
  during: Stats;
  after: Stats;
}

/** Of `n` measured numbers. Percentiles are by nearest rank: each is one of the numbers, none is interpolated. */
export interface Spread {
  n: number;
  sum: number | null;
  min: number | null;
  p50: number | null;
  p95: number | null;
  p99: number | null;
  max: number | null;
}

export interface ProbeStats {
  asked: number;
  /** Answers outside tolerance, or none at all. */
  failed: number;
  latencyMs: Spread;
  value: Spread;
}

export interface Figures {
  /** They add up to `planned`. `unknown`: started, but nobody could look before it ended. */
  faults: { planned: number; landed: number; notLanded: number; lost: number; unknown: number; neverStarted: number };
  /** How the undo records ended; those that ended well by what they are worth. They add up to `total`. */
  undos: {
    total: number;
    exact: number;
    compensated: number;
    recoversByItself: number;
    unrated: number;
    conflict: number;
    failed: number;
    pending: number;
  };
  recoveryMs: number | null;
  /** The worst p95 latency of the samples, or of the probes where nothing was sampled. */
  worstP95: { of: string; before: number | null; during: number | null } | null;
  /** A total where the source counts; the highest where it samples a rate. */
  errors: { of: string; unit: string | null; rate: boolean; before: number | null; during: number | null } | null;
}

export type Tone = "plain" | "good" | "warn" | "bad" | "dim";

/** An event in words. */
export interface LogLine {
  t: number;
  /** What kind of thing happened, in one word. */
  word: string;
  subject: string;
  text: string;
  tone: Tone;
  /** True for what only `chaos events` shows: each record, each answer within tolerance. */
  minor: boolean;
}
