import type { Event, Phase, UndoOutcome, Verdict } from "@chaos-agents/core";
import type { RunHeader, UndoEntry } from "@chaos-agents/engine";
import manifest from "../package.json" with { type: "json" };

export type StoredHeader = Omit<RunHeader, "secrets">;
export type UndoState = Omit<UndoEntry, "record">;

/** The chaos that we are. */
export const ourVersion = manifest.version;

/** What a list of runs shows and what must be there, rewritten with every commit so that a lost row is noticed. */
export interface RunState {
  /** The chaos that wrote last. Every later format keeps this where it is, so that an older chaos can name it. */
  version: string;
  events: number;
  undos: number;
  /** Undos not yet ended well. */
  pending: number;
  phase: Phase | null;
  verdict: Verdict | null;
  finishedAt: number | null;
}

export const emptyState: RunState = {
  version: ourVersion,
  events: 0,
  undos: 0,
  pending: 0,
  phase: null,
  verdict: null,
  finishedAt: null,
};

/** The state after one more event. */
export function withEvent(state: RunState, event: Event): RunState {
  const next = { ...state, events: event.seq };
  if (event.type === "phase-started") return { ...next, phase: event.phase };
  if (event.type === "run-finished") return { ...next, verdict: event.verdict, finishedAt: event.at };
  return next;
}

/** Whether an undo has not yet ended well. */
export const isPending = (outcome: UndoOutcome | null): boolean => outcome === null || outcome === "failed";
