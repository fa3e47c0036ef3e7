import type { Phase, Reversal, Verdict } from "@chaos-agents/core";
import type { RunReport } from "@chaos-agents/report/browser";

export interface Problem {
  code: string;
  message: string;
  remedy?: string;
  facts?: Record<string, unknown>;
}

export interface Run {
  run: string;
  experiment: string;
  file: string | null;
  startedAt: number;
  finishedAt: number | null;
  verdict: Verdict | null;
  phase: Phase | null;
  live: boolean;
  pending: number;
  damaged: string | null;
}

export interface Halt {
  at: number;
  by: string;
  reason: string;
}

export type JobKind = "run" | "dry-run" | "discover" | "doctor" | "sweep" | "recover";
export type JobState = "queued" | "running" | "done" | "failed" | "cancelled";

export interface Job {
  id: string;
  kind: JobKind;
  state: JobState;
  title: string;
  file: string | null;
  run: string | null;
  by: string;
  after: string | null;
  queuedAt: number;
  startedAt: number | null;
  endedAt: number | null;
  exitCode: number | null;
  error: string | null;
}

export interface Skill {
  name: string;
  target: string;
  summary: string;
  effect: string;
  reversal: Reversal;
  reversalNote: string;
  seen: "effect" | "accepted";
  params: Record<string, unknown>;
  example: Record<string, unknown>;
  role: string | null;
}

export interface Diagnostic {
  level: "error" | "warning";
  file: string;
  line: number;
  column: number;
  path: string;
  message: string;
  hint?: string;
}

export interface Validation {
  valid: boolean;
  kind: "experiments" | "daemon" | "llm" | null;
  names: string[];
  diagnostics: Diagnostic[];
}

/** Words, or a file that the server knows. */
export interface Source {
  text?: string;
  file?: string;
  experiment?: string;
}

export interface ExperimentFile {
  file: string;
  names: string[];
  modifiedAt: number;
  bytes: number;
}

export interface Machine {
  version: string;
  hostname: string;
  home: string;
  halted: Halt | null;
  agents: { target: string; summary: string; skills: number }[];
  folders: string[];
  atOnce: number;
  notices: string[];
}

export interface AuditEntry {
  id: number;
  at: number;
  by: string;
  from: string;
  action: string;
  subject: string;
  detail: string;
}

export interface Discovery {
  target: string;
  label: string;
  summary: string;
  tables: { title: string; columns: string[]; rows: (string | number | boolean | null)[][] }[];
}

export interface DryRun {
  report: RunReport;
  /** The plan's digest; null where it came to none. */
  plan: string | null;
  seed: number | null;
}

export interface Checkup {
  targets: {
    experiment: string;
    target: string;
    label: string;
    marks: { key: string; detail: string; run?: string; remove: boolean }[];
    sight: { marked: string; unmarked: string } | null;
    unreachable: string | null;
  }[];
  open: Run[];
}

export interface RunsPage {
  runs: Run[];
  next: string | null;
  total: number;
}
