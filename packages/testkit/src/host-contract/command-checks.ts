import type { ExecOptions, Host } from "@chaos-agents/core";
import * as fc from "fast-check";
import { expect } from "vitest";
import type { HostCheck } from "./host-contract.ts";

/** Characters that mean something to one shell or another, and some that mean nothing to any. */
const awkward = fc.string({
  unit: fc.oneof(
    fc.constantFrom(...Array.from("'\"\\!$`;&|<>(){}[]*?~#%^=-, \t\n\r\u0001\u001B\u007Fa0é€𝄞\uFEFF\uFDD0\uF641")),
    fc.string({ unit: "binary", minLength: 1, maxLength: 1 }).filter((letter) => letter !== "\0"),
  ),
});

/** What a program is started with, as it sees it. */
async function echoed(host: Host, words: readonly string[], options?: ExecOptions): Promise<string[]> {
  const result = await host.exec(["printf", String.raw`%s\0`, ...words], options);
  expect(result).toMatchObject({ code: 0, stderr: "" });
  return result.stdout.split("\0").slice(0, -1);
}

/** Whatever the arguments: they arrive as they are. */
export const expectArgumentsKept = (host: Host, runs: number, options?: ExecOptions): Promise<void> =>
  fc.assert(
    fc.asyncProperty(fc.array(awkward, { minLength: 1, maxLength: 6 }), async (words) => {
      expect(await echoed(host, words, options)).toEqual(words);
    }),
    { numRuns: runs },
  );

export const commandChecks: readonly HostCheck[] = [
  [
    "hands any arguments to a command as they are",
    ({ host, contract }) => expectArgumentsKept(host, contract.tries ?? 150),
  ],
  [
    "hands them to a command of root as they are, too",
    ({ host, contract, skip }) =>
      host.survey.root === "none"
        ? skip("no root here")
        : expectArgumentsKept(host, Math.ceil((contract.tries ?? 150) / 4), { root: true }),
  ],
  [
    "lets no shell run what stands in an argument",
    async ({ host, outside }) => {
      const name = `${outside.folder}/must-not-be`;
      const words = [`$(touch ${name})`, `\`touch ${name}\``, `'; touch ${name}; '`, `\n touch ${name}\n`, `!!`, "~"];
      expect(await echoed(host, words)).toEqual(words);
      expect(await outside.read(name)).toBeNull();
    },
  ],
  [
    "refuses what cannot be an argument, before anything runs",
    async ({ host }) => {
      for (const argv of [["echo", "a\0b"], ["echo", "\uD800"], ["-c"], [""], [], ["echo", "x".repeat(300_000)]]) {
        await expect(host.exec(argv)).rejects.toMatchObject({ name: "ChaosError", code: "usage" });
      }
    },
  ],
  [
    "keeps exit code, standard output and standard error apart",
    async ({ host }) => {
      const result = await host.exec(["sh", "-c", "echo out; echo err >&2; exit 7"]);
      expect(result).toEqual({ code: 7, killedBy: null, stdout: "out\n", stderr: "err\n" });
    },
  ],
  [
    "says which signal killed a command",
    async ({ host }) => {
      const result = await host.exec(["sh", "-c", "kill -KILL $$"]);
      expect(result).toEqual({ code: null, killedBy: "SIGKILL", stdout: "", stderr: "" });
    },
  ],
  [
    "tells a command that is not there by 127",
    async ({ host }) => {
      expect(await host.exec(["no-such-command-anywhere"])).toMatchObject({ code: 127, killedBy: null });
    },
  ],
  [
    "feeds standard input, byte for byte, and closes it",
    async ({ host }) => {
      const bytes = Buffer.from(Array.from({ length: 1 << 20 }, (_, i) => (i * 31) >> (i & 7)));
      const chunks: Uint8Array[] = [];
      await host.exec(["cat"], { stdin: bytes, onOutput: (chunk) => chunks.push(Uint8Array.from(chunk)) });
      expect(Buffer.concat(chunks).equals(bytes)).toBe(true);
      expect(await host.exec(["cat"])).toMatchObject({ code: 0, stdout: "" });
      expect(await host.exec(["cat"], { stdin: "häuser" })).toMatchObject({ stdout: "häuser" });
    },
  ],
  [
    "does not mind a command that wants none of its input",
    async ({ host }) => {
      expect(await host.exec(["true"], { stdin: Buffer.alloc(4 << 20) })).toMatchObject({ code: 0 });
    },
  ],
  [
    "keeps a character whole that comes in two parts",
    async ({ host }) => {
      const script = String.raw`printf '\303'; sleep 0.1; printf '\251\342\202'; sleep 0.1; printf '\254'`;
      expect(await host.exec(["sh", "-c", script])).toMatchObject({ stdout: "é€" });
    },
  ],
  [
    "hands output on as it comes, and does not collect it then",
    async ({ host, outside }) => {
      const go = `${outside.folder}/go-on`;
      const said: string[] = [];
      const result = await host.exec(
        ["sh", "-c", 'echo first; echo aside >&2; until [ -e "$1" ]; do sleep 0.02; done; echo second', "sh", go],
        {
          onOutput(chunk, stream) {
            said.push(`${stream}: ${Buffer.from(chunk).toString().trim()}`);
            if (stream === "stdout" && said.filter((line) => line.startsWith("stdout")).length === 1) {
              void host.write(go, "");
            }
          },
        },
      );
      expect(result).toEqual({ code: 0, killedBy: null, stdout: "", stderr: "" });
      expect(said.toSorted()).toEqual(["stderr: aside", "stdout: first", "stdout: second"]);
    },
  ],
  [
    "runs many commands at once",
    async ({ host }) => {
      const all = Array.from({ length: 40 }, (_, i) => `command ${i}`);
      const results = await Promise.all(
        all.map((word) => host.exec(["sh", "-c", 'sleep 0.05; echo "$1"', "sh", word])),
      );
      expect(results.map(({ stdout }) => stdout.trim())).toEqual(all);
    },
  ],
  [
    "becomes root where its survey says so",
    async ({ host }) => {
      if (host.survey.root === "none") {
        await expect(host.exec(["id", "-u"], { root: true })).rejects.toMatchObject({ code: "permission-missing" });
        return;
      }
      expect(await host.exec(["sh", "-c", "id -u; cat"], { root: true, stdin: "input\n" })).toMatchObject({
        code: 0,
        stdout: "0\ninput\n",
        stderr: "",
      });
      expect(await host.exec(["sh", "-c", "exit 5"], { root: true })).toMatchObject({ code: 5 });
    },
  ],
  [
    "says which machine it is, and has looked at it",
    async ({ host, contract }) => {
      const { stdout } = await host.exec([
        "sh",
        "-c",
        "cat /proc/sys/kernel/random/boot_id; uname -sr; getconf _NPROCESSORS_ONLN; id -u",
      ]);
      const [boot, kernel, cpus, uid] = stdout.split("\n");
      expect(host.identity.boot).toBe(boot);
      expect(host.survey).toMatchObject({ kernel, cpus: Number(cpus) });
      expect(host.survey.root === "root").toBe(uid === "0");
      await using again = await contract.open(AbortSignal.timeout(60_000));
      expect(again.identity).toEqual(host.identity);
      expect(again.key).toBe(host.key);
    },
  ],
];
