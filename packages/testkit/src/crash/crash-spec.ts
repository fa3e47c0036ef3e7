import type { Experiment, Verdict } from "@chaos-agents/core";

export type Side = "before" | "after";

/** Where the agents are: a module and its export, a catalog or one agent, because another process has to find them. */
export interface CatalogPlace {
  module: string;
  export: string;
}

/** What the child is to do. Plain JSON. */
export interface CrashTask {
  home: string;
  catalog: CatalogPlace;
  experiment: Experiment;
  /** A run to recover; a new run when left out. */
  recover?: string;
  /** Remove our marks from the targets, without a journal. */
  sweep?: true;
  /** Milliseconds that its faults stand; no longer than it takes to see that they do, when left out. */
  standFor?: number;
  /** Hold still at this write to the journal, counted from 1, or at the first of a kind, so that somebody can look, and kill or let go on. */
  hold?: { write: number | string; side: Side };
}

/** What the child says, one JSON a line. */
export type CrashNews =
  /** Everything is loaded; the work begins now. */
  | { said: "began" }
  /** It holds still where it was told to. */
  | { said: "holds" }
  /** It came to its end. `writes` are the kinds of all its writes to the journal, in order. */
  | { said: "ended"; writes: string[]; left: string[]; verdict: Verdict | null; reason: string; ms: number };
