import { existsSync } from "node:fs";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Where a sync costs nothing; that syncs are made is what the power-loss test is for. */
const memory = existsSync("/dev/shm") ? "/dev/shm" : tmpdir();
const prefix = "chaos-test-";
let swept: Promise<void> | undefined;

/** A directory for one test, on a disk or, for journals, in memory. What a test that was killed has left is removed with the next. */
export async function makeTemporary(where: "disk" | "memory"): Promise<string> {
  const parent = where === "memory" ? memory : tmpdir();
  await (swept ??= sweep());
  return await mkdtemp(join(parent, `${prefix}${process.pid}-`));
}

async function sweep(): Promise<void> {
  for (const parent of new Set([memory, tmpdir()])) {
    for (const name of await readdir(parent)) {
      const [, pid] = new RegExp(`^${prefix}(\\d+)-`).exec(name) ?? [];
      if (pid !== undefined && !lives(Number(pid))) await rm(join(parent, name), { recursive: true, force: true });
    }
  }
}

function lives(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== "ESRCH";
  }
}
