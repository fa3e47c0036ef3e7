import { ChaosError, describeError } from "@chaos-agents/core";
import { CommanderError } from "commander";
import type { Terminal } from "./terminal.ts";

/** Says what went wrong, in the one form all errors have, and returns the exit code that stands for it. */
export function tellFailure(error: unknown, terminal: Terminal, about = ""): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
  const debug = Boolean(terminal.env["CHAOS_DEBUG"]);
  if (error instanceof ChaosError) {
    terminal.say(error.facts["diagnostics"] ? error.message : `${label(terminal)} ${about}${error.message}`);
    if (error.remedy !== undefined) terminal.say(`  hint: ${error.remedy}`);
  } else {
    terminal.say(`${label(terminal)} ${about}${describeError(error)}`);
    // The system's own refusals say all there is: no such folder, no permission.
    const refused = error instanceof Error && "syscall" in error;
    if (!debug && !refused) terminal.say("  hint: this is unexpected; CHAOS_DEBUG=1 shows where it happened");
  }
  if (debug && error instanceof Error) terminal.say(stackOf(error));
  return error instanceof ChaosError ? error.exitCode : 1;
}

const label = (terminal: Terminal) => terminal.style("red", "error:", terminal.stderr);

function stackOf(error: Error): string {
  const own = error.stack ?? String(error);
  return error.cause instanceof Error ? `${own}\ncaused by ${stackOf(error.cause)}` : own;
}
