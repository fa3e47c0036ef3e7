import { ChaosError } from "@chaos-agents/core";
import { expect, test } from "vitest";
import { tellFailure } from "./failure.ts";
import { Terminal } from "./terminal.ts";

/** What somebody with a terminal of this width is told. */
function told(error: unknown, width: number | undefined): string[] {
  const lines: string[] = [];
  class Paper extends Terminal {
    override width = () => width;
    override colours = () => false;
    override say = (text = "") => void lines.push(...text.split("\n"));
  }
  tellFailure(error, new Paper());
  return lines;
}

const message =
  "shop on db.example.com:5432 cannot be reached: the server takes no connections yet, it is starting up after a crash";
const remedy =
  "Wait until it has started, then try again; its log says how far it is, and `chaos doctor` what it left open";
const failure = new ChaosError("target-unreachable", message, { remedy });

test.each([60, 120, 40])("at %i columns message and remedy each begin a line, and no line is wider", (width) => {
  const lines = told(failure, width);
  for (const line of lines) expect(line.length).toBeLessThanOrEqual(width);
  const hint = lines.findIndex((line) => line.startsWith("  hint: "));
  const joined = (part: readonly string[]) => part.map((line) => line.trim()).join(" ");
  expect(joined(lines.slice(0, hint))).toBe(`error: ${message}`);
  expect(joined(lines.slice(hint))).toBe(`hint: ${remedy}`);
  expect(lines.slice(1, hint).every((line) => /^ {7}\S/.test(line))).toBe(true);
  expect(lines.slice(hint + 1).every((line) => /^ {8}\S/.test(line))).toBe(true);
});

test("in a pipe nothing is wrapped", () => {
  expect(told(failure, undefined)).toEqual([`error: ${message}`, `  hint: ${remedy}`]);
});

test("lines of a message stay lines, and keep how far they stand in", () => {
  expect(told(new ChaosError("usage", "two things:\n  - one\n\t- two"), 60)).toEqual([
    "error: two things:",
    "         - one",
    "         - two",
  ]);
});
