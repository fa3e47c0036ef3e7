import { ChaosError, quoteArgv } from "@chaos-agents/core";

/** Printable ASCII that every shell leaves alone between single quotes; csh does not `!`, and fish not `\`. */
const plain = /^[ "-&(-[\]-~]*$/;
/** The kernel takes no longer argument (MAX_ARG_STRLEN), and a login shell gets all of it as one. */
const longest = 131_071;

/**
 * A command line that every login shell (sh, bash, dash, zsh, fish, csh) reads the same: it runs `before` with sh, and
 * then argv in its place, byte for byte. What is not plain travels as octal digits. `before` is plain sh, ending in `;`
 * when it is not empty.
 */
export function commandLine(argv: readonly string[], before = "", prefix: readonly string[] = []): string {
  check(argv);
  const words = argv.every((word) => plain.test(word))
    ? [`${before}exec "$@"`, "sh", ...argv]
    : [`${before}eval "exec $(printf %b "$1")"`, "sh", octal(quoteArgv(argv))];
  const line = ["exec", ...prefix, "sh", "-c", ...words.map((word) => `'${word}'`)].join(" ");
  if (line.length > longest) {
    throw new ChaosError(
      "usage",
      `the command "${argv[0]!.slice(0, 60)}" with its arguments is too long for one line`,
      {
        remedy: "Hand long input to its standard input",
        facts: { bytes: line.length, atMost: longest },
      },
    );
  }
  return line;
}

function check(argv: readonly string[]): void {
  const name = argv[0] ?? "";
  const wrong =
    name === "" || name.startsWith("-")
      ? `"${name}" is no name of a command`
      : argv.some((word) => word.includes("\0") || !word.isWellFormed())
        ? `an argument of ${name} has a NUL or half a character in it`
        : undefined;
  if (wrong) throw new ChaosError("usage", wrong, { remedy: "No command takes such an argument" });
}

function octal(text: string): string {
  let encoded = "";
  for (const byte of Buffer.from(text)) {
    const letter = String.fromCharCode(byte);
    encoded += byte < 128 && plain.test(letter) ? letter : `\\0${byte.toString(8).padStart(3, "0")}`;
  }
  return encoded;
}
