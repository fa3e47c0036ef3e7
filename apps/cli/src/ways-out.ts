import { describeError } from "@chaos-agents/core";
import { StopSource } from "@chaos-agents/engine";
import type { Terminal } from "./terminal.ts";

/** The ways out of a command that changes things: each stops it, so that what it changed is put back before it ends. */
export class WaysOut {
  readonly stop = new StopSource();
  #crash: { error: unknown } | undefined;

  constructor(terminal: Terminal) {
    for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
      process.on(signal, () => this.stop.stop("interrupt", signalWords[signal]));
    }
    for (const event of ["uncaughtException", "unhandledRejection"] as const) {
      process.removeAllListeners(event);
      process.on(event, (error: unknown) => {
        this.#crash ??= { error };
        this.stop.stop("crash", `chaos itself failed: ${describeError(error)}`);
      });
    }
    const leave = () => this.stop.signal.aborted || this.stop.stop("interrupt", "nobody reads the output any more");
    if (terminal.closed.aborted) leave();
    else terminal.closed.addEventListener("abort", leave, { once: true });
  }

  /** Throws what nobody caught, now that everything is put back. */
  throwIfCrashed(): void {
    if (this.#crash) throw this.#crash.error;
  }
}

const signalWords = {
  SIGINT: "interrupted with Ctrl-C",
  SIGTERM: "asked to end (SIGTERM)",
  SIGHUP: "the terminal was closed (SIGHUP)",
} as const;
