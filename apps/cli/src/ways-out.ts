import { describeError } from "@chaos-agents/core";
import { StopSource } from "@chaos-agents/engine";
import { tellFailure } from "./failure.ts";
import type { Terminal } from "./terminal.ts";

const signalWords = {
  SIGINT: "interrupted with Ctrl-C",
  SIGTERM: "asked to end (SIGTERM)",
  SIGHUP: "the terminal was closed (SIGHUP)",
} as const;

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

  /** The exit code, once everything is put back: an error that nobody caught is told now, and stands above a lesser end. */
  exitCode(code: number, terminal: Terminal): number {
    if (!this.#crash) return code;
    tellFailure(this.#crash.error, terminal);
    return code === 4 ? 4 : 1;
  }
}
