import { ChaosError, describeError } from "@chaos-agents/core";
import { CommanderError } from "commander";
import { wrap } from "./table.ts";
import type { Terminal } from "./terminal.ts";

/** Says what went wrong, in the one form all errors have, and returns the exit code that stands for it. */
export function tellFailure(error: unknown, terminal: Terminal, about = ""): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
  const debug = Boolean(terminal.env["CHAOS_DEBUG"]);
  if (error instanceof ChaosError) {
    // They are laid out already, line by line.
    if (error.facts["diagnostics"]) terminal.say(error.message);
    else sayWrapped(terminal, "error:", about + error.message);
    if (error.remedy !== undefined) sayWrapped(terminal, "  hint:", error.remedy);
  } else {
    sayWrapped(terminal, "error:", about + describeError(error));
    // The system's own refusals say all there is: no such folder, no permission.
    const refused = error instanceof Error && "syscall" in error;
    if (!debug && !refused)
      sayWrapped(terminal, "  hint:", "this is unexpected; CHAOS_DEBUG=1 shows where it happened");
  }
  if (debug && error instanceof Error) terminal.say(stackOf(error));
  return error instanceof ChaosError ? error.exitCode : 1;
}

/** Further lines stand below the first word. */
function sayWrapped(terminal: Terminal, label: "error:" | "  hint:", text: string): void {
  const width = (terminal.width(terminal.stderr) ?? Infinity) - label.length - 1;
  const lines = terminal
    .redact(text)
    .replaceAll("\t", "  ")
    .split(/\r?\n/)
    .flatMap((line) => {
      const [indent] = /^ */.exec(line)!;
      return wrap(line.trimStart(), width - indent.length).map((part) => indent + part);
    });
  const shown = label === "error:" ? terminal.style("red", label, terminal.stderr) : label;
  terminal.say(`${shown} ${lines.join(`\n${" ".repeat(label.length + 1)}`)}`);
}

function stackOf(error: Error): string {
  const own = error.stack ?? String(error);
  return error.cause instanceof Error ? `${own}\ncaused by ${stackOf(error.cause)}` : own;
}
