import type { Phase, Reversal, Verdict } from "@chaos-agents/core";

interface FaultTally {
  skill: string;
  kind: string;
  /** What its undo is worth, as planned; by thing where things differ. */
  worth: Reversal | null;
  things: Map<string, Reversal>;
  /** What it was counted as, so that it is counted as that once. */
  states: Set<string>;
}

/** What has to be known of a run to count what comes next. */
export class RunTally {
  live = false;
  recovering = false;
  verdict: Verdict | null = null;
  phase: { phase: Phase; since: number } | null = null;
  readonly kinds = new Map<string, string>();
  readonly guards = new Set<string>();
  readonly #faults = new Map<string, FaultTally>();
  readonly #open = new Set<number>();
  /** Undos that were open before we listened: how many, but not which. */
  #openBefore = 0;

  fault(id: string): FaultTally {
    let fault = this.#faults.get(id);
    if (!fault) {
      fault = { skill: "unknown", kind: "unknown", worth: null, things: new Map(), states: new Set() };
      this.#faults.set(id, fault);
    }
    return fault;
  }

  get pending(): number {
    return this.#open.size + this.#openBefore;
  }

  /** Nothing of it is shown, and nothing more is expected. */
  get over(): boolean {
    return !this.live && this.pending === 0 && this.verdict !== "rollback-incomplete";
  }

  foundOpen(count: number): void {
    this.#openBefore = count;
  }

  opened(undo: number): void {
    this.#open.add(undo);
  }

  settled(undo: number): void {
    if (!this.#open.delete(undo) && this.#openBefore > 0) this.#openBefore -= 1;
  }

  allSettled(): void {
    this.#open.clear();
    this.#openBefore = 0;
  }
}
