import { type ChildProcess, execFile, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { readdir, readFile } from "node:fs/promises";
import { setTimeout as delay } from "node:timers/promises";
import { promisify } from "node:util";
import { send } from "../servers/process-tree.ts";

/**
 * Takes the lock, and takes it again when somebody removes it: whoever undoes before he fences has not undone. A symbolic
 * link comes into being whole or not at all. Ends by itself once its directory is gone.
 */
const script = 'while [ -d "$1" ]; do [ -L "$2" ] || ln -s "$3" "$2" 2>/dev/null; sleep 0.02; done';
const name = "chaos-files-holder";

export interface Holder {
  pid: number;
  identity: string;
}

/** Starts the process that holds a lock. Its identity stands in its argv, so that it is found from anywhere. */
export function startHolder(directory: string, lock: string, identity: string): ChildProcess {
  return spawn("/bin/sh", ["-c", script, name, directory, lock, identity], { detached: true, stdio: "ignore" });
}

/** The holders of a directory, whoever started them. Their own children carry their argv for a moment too. */
export async function holdersIn(directory: string): Promise<Holder[]> {
  const holders: Holder[] = [];
  for (const { pid, argv } of await commandLines()) {
    const at = argv.indexOf(name);
    if (at >= 0 && argv[at + 1] === directory && argv[at + 3] !== undefined) {
      holders.push({ pid, identity: argv[at + 3]! });
    }
  }
  return holders;
}

/** Kills every process of these identities, and returns when none is left: an `ln` under way counts as well. */
export async function killHolders(identities: readonly string[], signal: AbortSignal): Promise<void> {
  for (;;) {
    const mine = (await commandLines()).filter(({ argv }) => identities.some((identity) => argv.includes(identity)));
    if (mine.length === 0) return;
    for (const { pid } of mine) send(pid, "SIGKILL");
    await delay(5, undefined, { signal });
  }
}

async function commandLines(): Promise<{ pid: number; argv: string[] }[]> {
  if (!existsSync("/proc/self/cmdline")) {
    const { stdout } = await promisify(execFile)("ps", ["-A", "-ww", "-o", "pid=,args="]);
    return stdout
      .trim()
      .split("\n")
      .map((line) => line.trim().split(/\s+/))
      .map(([pid, ...argv]) => ({ pid: Number(pid), argv }));
  }
  const pids = (await readdir("/proc")).filter((entry) => /^\d+$/.test(entry));
  const lines = await Promise.all(
    pids.map(async (pid) => ({
      pid: Number(pid),
      argv: (await readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => "")).split("\0"),
    })),
  );
  return lines.filter(({ pid }) => pid !== process.pid);
}
