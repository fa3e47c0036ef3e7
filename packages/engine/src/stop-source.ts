/** Why a run stops before its time. `crash` is an error nobody caught. */
export type StopCause = "interrupt" | "guard" | "halt" | "failure" | "crash";

export class StopReason extends Error {
  override readonly name = "StopReason";
  readonly by: StopCause;

  constructor(by: StopCause, detail: string) {
    super(detail);
    this.by = by;
  }
}

/**
 * The one way out. Ctrl-C, a signal, a guard, `chaos halt`, a failed fault, a click: all call `stop`, and all end in the same undo. A
 * second call hurries: waits are cut short, but no undo is skipped.
 */
export class StopSource {
  readonly #stop = new AbortController();
  readonly #hurry = new AbortController();

  /** Aborted, with a StopReason, once the run has to stop. */
  get signal(): AbortSignal {
    return this.#stop.signal;
  }

  /** Aborted once somebody asked twice. */
  get hurry(): AbortSignal {
    return this.#hurry.signal;
  }

  get reason(): StopReason | undefined {
    return this.#stop.signal.aborted ? (this.#stop.signal.reason as StopReason) : undefined;
  }

  /** A source for one run among several: stops with this one, and by itself without stopping the others. */
  child(): StopSource {
    const child = new StopSource();
    const follow = () => child.#stop.abort(this.#stop.signal.reason);
    if (this.#stop.signal.aborted) follow();
    else this.#stop.signal.addEventListener("abort", follow, { once: true });
    const hurry = () => child.#hurry.abort(this.#hurry.signal.reason);
    if (this.#hurry.signal.aborted) hurry();
    else this.#hurry.signal.addEventListener("abort", hurry, { once: true });
    return child;
  }

  stop(by: StopCause, detail: string): void {
    if (!this.#stop.signal.aborted) this.#stop.abort(new StopReason(by, detail));
    else if (by === "interrupt") this.#hurry.abort(new StopReason(by, detail));
  }
}
