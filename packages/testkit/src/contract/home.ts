import { existsSync } from "node:fs";
import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Where a sync costs nothing; that syncs are made is what the power-loss test is for. */
const memory = "/dev/shm";

/** A new state directory for journals. */
export async function makeHome(prefix: string): Promise<string> {
  return await mkdtemp(join(existsSync(memory) ? memory : tmpdir(), prefix));
}
