import { ChaosError } from "./chaos-error.ts";

const harmless = /^[A-Za-z0-9_@%+=:,./-]+$/;

/** Words that a POSIX shell reads as exactly this argv, whatever stands in it. NUL is in no argv, and refused. */
export function quoteArgv(argv: readonly string[]): string {
  return argv.map(quoteWord).join(" ");
}

function quoteWord(word: string): string {
  if (word.includes("\0")) throw new ChaosError("usage", "An argument of a command contains a NUL byte");
  return harmless.test(word) && !word.startsWith("=") ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}
