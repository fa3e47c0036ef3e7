import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";
import { ChaosError } from "@chaos-agents/core";

/** The programs we call, each with the Debian package it comes in. */
const packages = {
  mmdebstrap: "mmdebstrap",
  mke2fs: "e2fsprogs",
  busybox: "busybox-static",
  lz4: "lz4",
  "qemu-system-x86_64": "qemu-system-x86",
  "qemu-img": "qemu-utils",
  ip: "iproute2",
  nsenter: "util-linux",
  socat: "socat",
} as const;

export type Command = keyof typeof packages;

/** What `apt-get install` needs for images and machines of all kinds. */
export const debianPackages: readonly string[] = [...new Set(Object.values(packages))];

// Where administrators' tools are, which the PATH of others leaves out.
const path = () => `${process.env["PATH"] ?? ""}${delimiter}/usr/sbin${delimiter}/sbin`;

export function missingCommands(commands: readonly Command[]): Command[] {
  const folders = path().split(delimiter).filter(Boolean);
  return commands.filter((command) => !folders.some((folder) => existsSync(join(folder, command))));
}

export const packagesOf = (commands: readonly Command[]): string[] => [
  ...new Set(commands.map((command) => packages[command])),
];

export function requireCommands(what: string, commands: readonly Command[]): void {
  const missing = missingCommands(commands);
  if (missing.length === 0) return;
  throw new ChaosError("unsupported", `${what} needs ${missing.join(", ")}, which this machine does not have`, {
    remedy: `apt-get install ${packagesOf(missing).join(" ")}`,
    facts: { missing, packages: packagesOf(missing) },
  });
}

export interface RunOptions {
  signal?: AbortSignal | undefined;
  input?: string;
  env?: Record<string, string>;
  cwd?: string;
}

/** Runs it to its end and answers its standard output; anything but exit code 0 is an error that says why. */
export function runCommand(argv: readonly [string, ...string[]], options: RunOptions = {}): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const [command, ...args] = argv;
  const { signal, input, env, cwd } = options;
  const child = execFile(
    command,
    args,
    { signal, cwd, env: { ...process.env, PATH: path(), LC_ALL: "C", ...env }, maxBuffer: 64 << 20 },
    (error, stdout, stderr) => {
      if (signal?.aborted) return reject(signal.reason as Error);
      if (!error) return resolve(stdout);
      const why = stderr.trim().split("\n").slice(-5).join("\n") || error.message;
      reject(new ChaosError("internal", `${command} failed: ${why}`, { cause: error, facts: { argv } }));
    },
  );
  child.stdin?.on("error", () => {});
  child.stdin?.end(input ?? "");
  return promise;
}
