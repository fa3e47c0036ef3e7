import { execFileSync } from "node:child_process";
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { commandLine } from "./quote.ts";

const word = fc.string({ unit: "binary" }).filter((text) => !text.includes("\0"));

test("any argument comes through a shell as it was", () => {
  fc.assert(
    fc.property(fc.array(word, { maxLength: 4 }), (words) => {
      const line = commandLine(["printf", String.raw`%s\0`, "", ...words]);
      expect(execFileSync("/bin/sh", ["-c", line], { encoding: "utf8" }).split("\0").slice(1, -1)).toEqual(words);
    }),
    { numRuns: 60 },
  );
});

test("a login shell sees nothing but printable ASCII, and nothing that csh or fish treat differently between quotes", () => {
  fc.assert(
    fc.property(fc.array(word, { minLength: 1 }), (words) => {
      const line = commandLine(["x", ...words]);
      expect(line).toMatch(/^[ -~]*$/);
      expect(line).not.toContain("!");
      expect(line.split("'").length % 2).toBe(1);
      expect(line.replaceAll(/\\0[0-7]{3}/g, "")).not.toContain("\\");
    }),
  );
});

test("plain arguments stay readable", () => {
  expect(commandLine(["systemctl", "stop", "nginx.service"])).toBe(
    `exec sh -c 'exec "$@"' 'sh' 'systemctl' 'stop' 'nginx.service'`,
  );
});

test.each([
  ["a NUL", ["echo", "a\0b"], "NUL"],
  ["half a character", ["echo", "\uD83D"], "half a character"],
  ["no name", [], "no name of a command"],
  ["an empty name", ["", "x"], "no name of a command"],
  ["a name that exec would take for an option", ["-c", "x"], "no name of a command"],
  ["more than the kernel takes", ["echo", "x".repeat(131_072)], "too long"],
])("%s is refused", (_, argv, message) => {
  expect(() => commandLine(argv)).toThrow(message);
});
