import { describeError } from "@chaos-agents/core";
import { StopReason, StopSource } from "@chaos-agents/engine";
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
  readonly #terminal: Terminal;
  #crash: { error: unknown } | undefined;

  constructor(terminal: Terminal) {
    this.#terminal = terminal;
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

  /**
   * Does a command's work and returns its exit code. An error that nobody caught is told only now, when everything is put
   * back, and stands above a lesser end.
   */
  async lead(work: () => Promise<number>): Promise<number> {
    let code: number;
    try {
      code = await work();
    } catch (error) {
      if (!(error instanceof StopReason)) throw error;
      if (!this.#crash) this.#terminal.say(error.message);
      code = 130;
    }
    if (!this.#crash) return code;
    tellFailure(this.#crash.error, this.#terminal);
    return code === 4 ? 4 : 1;
  }
}
