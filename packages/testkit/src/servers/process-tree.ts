import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { readdir, readFile } from "node:fs/promises";
import { setTimeout as delay } from "node:timers/promises";
import { promisify } from "node:util";

interface ProcessLine {
  pid: number;
  parent: number;
  /** One letter as the kernel says it: `Z` has ended and waits to be collected. */
  state: string;
}

/** Every process of this machine that we may see. */
async function processes(): Promise<ProcessLine[]> {
  if (!existsSync("/proc/self/stat")) {
    const { stdout } = await promisify(execFile)("ps", ["-A", "-o", "pid=,ppid=,stat="]);
    return stdout
      .trim()
      .split("\n")
      .map((line) => {
        const [pid, parent, state] = line.trim().split(/\s+/);
        return { pid: Number(pid), parent: Number(parent), state: state![0]! };
      });
  }
  const pids = (await readdir("/proc")).filter((name) => /^\d+$/.test(name));
  const lines = await Promise.all(
    pids.map(async (pid) => {
      const stat = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => undefined);
      const fields = stat?.slice(stat.lastIndexOf(")") + 2).split(" ");
      return fields && { pid: Number(pid), parent: Number(fields[1]), state: fields[0]! };
    }),
  );
  return lines.filter((line) => line !== undefined);
}

/** The process and all that descend from it, itself first. */
export async function processTree(root: number): Promise<number[]> {
  const all = await processes();
  const tree = [root];
  for (const pid of tree) tree.push(...all.filter((line) => line.parent === pid).map((line) => line.pid));
  return tree;
}

/** Which of these still run; ended ones that nobody collected do not count. */
export async function stillRunning(pids: readonly number[]): Promise<number[]> {
  const all = await processes();
  return all.filter((line) => pids.includes(line.pid) && line.state !== "Z").map((line) => line.pid);
}

/** Returns when none of them runs any more. */
export async function allGone(pids: readonly number[], signal?: AbortSignal): Promise<void> {
  while ((await stillRunning(pids)).length > 0) await delay(10, undefined, { signal });
}

/** SIGKILL for a process and all its children at once: the parent is held still first, so that it makes no more of them. */
export async function killTree(root: number, signal?: AbortSignal): Promise<void> {
  send(root, "SIGSTOP");
  const tree = await processTree(root);
  for (const pid of tree) send(pid, "SIGKILL");
  await allGone(tree, signal);
}

/** A signal for a process that may be gone already. */
export function send(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}
