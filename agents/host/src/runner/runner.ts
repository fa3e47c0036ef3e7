import { readFileSync } from "node:fs";
import { quoteArgv } from "@chaos-agents/core";

/** The exit code of a command that no longer has the right to act on the host. */
export const lockedOut = 75;

/** In this order they are one program. */
const parts = ["processes.sh", "arming.sh", "runner.sh"];
let program: string | undefined;

/** The argv of one call of the runner. It travels with every call: nothing of ours has to be on the host before. */
export function runnerArgv(verb: string, ...args: readonly (string | number)[]): string[] {
  program ??= parts.map((name) => readFileSync(new URL(name, import.meta.url), "utf8")).join("");
  return ["sh", "-c", 'program=$1; shift; eval "$program"', "chaos", program, verb, ...args.map(String)];
}

/** The three calls of an undo record, as the runner reads them. */
export interface WayBack {
  /** Succeeds when there is nothing to put back. */
  asBefore: readonly string[];
  /** Succeeds while it is as we made it: what somebody else changed since is theirs. */
  isOurs: readonly string[];
  putBack: readonly string[];
}

export function renderRecord({ asBefore, isOurs, putBack }: WayBack): string {
  return [`as_before ${quoteArgv(asBefore)}`, `is_ours ${quoteArgv(isOurs)}`, `put_back ${quoteArgv(putBack)}`].join(
    "\n",
  );
}
