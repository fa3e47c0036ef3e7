import { readFileSync } from "node:fs";
import { readdir, readFile } from "node:fs/promises";
import { type Clock, ChaosError } from "@chaos-agents/core";

/** A process, told apart from a later one with its number: when it started, in ticks, and in which boot. */
export interface ProcessIdentity {
  readonly pid: number;
  readonly start: string;
  readonly boot: string;
}

const bootId = () => readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();

/** Undefined when it is gone, or dead and only waits to be noticed. */
export function identify(pid: number): ProcessIdentity | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    // The name before may have blanks and brackets in it.
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return fields[0] === "Z" || fields[0] === "X" ? undefined : { pid, start: fields[19]!, boot: bootId() };
  } catch {
    return undefined;
  }
}

export function isAlive(process: ProcessIdentity): boolean {
  const now = identify(process.pid);
  return now?.start === process.start && now.boot === process.boot;
}

/** Every process that has exactly this among its arguments. */
export async function findByArgument(argument: string): Promise<ProcessIdentity[]> {
  const pids = (await readdir("/proc")).filter((name) => /^\d+$/.test(name));
  const found = await Promise.all(
    pids.map(async (pid) => {
      const argv = await readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => "");
      return argv.split("\0").includes(argument) ? identify(Number(pid)) : undefined;
    }),
  );
  return found.filter((one) => one !== undefined);
}

/** Kills it and waits until it is gone. */
export async function endProcess(process: ProcessIdentity, clock: Clock): Promise<void> {
  if (isAlive(process)) kill(process.pid);
  await untilGone(process, clock);
}

export async function untilGone(process: ProcessIdentity, clock: Clock): Promise<void> {
  const deadline = clock.monotonic() + 30_000;
  while (isAlive(process)) {
    if (clock.monotonic() > deadline) {
      throw new ChaosError("internal", `process ${process.pid} does not end`, {
        remedy: "See its state in /proc, and the kernel's log",
      });
    }
    await clock.sleep(5);
  }
}

function kill(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}
