import { execFile } from "node:child_process";
import { defineProbe, describeError } from "@chaos-agents/core";
import { z } from "zod";

export const commandProbe = defineProbe({
  kind: "command",
  summary: "Run a program on this machine; exit code 0 is well, its first line of output the value",
  params: z.strictObject({
    argv: z.array(z.string()).min(1).meta({ description: "The program and its arguments; no shell is involved" }),
    exit_code: z.int().default(0).meta({ description: "The exit code that is well" }),
  }),
  example: { argv: ["pg_isready", "--host", "127.0.0.1"] },
  async open({ argv: [program, ...args], exit_code }) {
    return {
      measure(signal) {
        const { promise, resolve } = Promise.withResolvers<{ ok: boolean; value: string | null; detail: string }>();
        const child = execFile(
          program!,
          args,
          { signal, killSignal: "SIGKILL", maxBuffer: 1 << 20 },
          (error, stdout) => {
            const code = child.exitCode;
            if (code === null) return resolve({ ok: false, value: null, detail: describeError(error) });
            const firstLine = stdout.split("\n", 1)[0]!.trim();
            resolve({
              ok: code === exit_code,
              value: firstLine === "" ? null : firstLine,
              detail: `exit code ${code}`,
            });
          },
        );
        child.stdin?.end();
        return promise;
      },
      async [Symbol.asyncDispose]() {},
    };
  },
});
