import { randomUUID } from "node:crypto";
import { mkdir, readdir, rename, rm, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { RunHeader } from "@chaos-agents/engine";
import { makeDirectory, syncDirectory } from "./durable-file.ts";
import { type OpenJournal, createJournal, openJournal } from "./journal-database.ts";
import { type RunFiles, runFiles } from "./run-files.ts";
import { tryLock } from "./run-lock.ts";
import { writeReserve, writeSecrets } from "./run-side-files.ts";

/** Hidden, so that nobody takes it for a run. */
const unfinishedPrefix = ".new-";
const abandonedMs = 3_600_000;

export interface HeldRun {
  lock: Disposable;
  journal: OpenJournal;
}

/** Made under another name and locked before it gets its own: nobody ever sees half a run, or takes a new one for crashed. */
export async function createRun(files: RunFiles, { secrets, ...header }: RunHeader): Promise<HeldRun> {
  const runs = dirname(files.dir);
  await makeDirectory(runs);
  await syncDirectory(dirname(runs));
  await removeAbandoned(runs);

  let made = runFiles(files.run, join(runs, `${unfinishedPrefix}${files.run}-${randomUUID()}`));
  await using onFailure = new AsyncDisposableStack();
  onFailure.defer(() => rm(made.dir, { recursive: true, force: true }));
  await mkdir(made.dir, { mode: 0o700 });
  const lock = onFailure.use(tryLock(made.lock)!);
  createJournal(made, header);
  await writeReserve(made);
  await syncDirectory(made.dir);
  await rename(made.dir, files.dir);
  made = files;
  await syncDirectory(runs);
  await writeSecrets(files, secrets);
  const journal = openJournal(files);
  onFailure.move();
  return { lock, journal };
}

/** What a process killed while creating left behind. */
async function removeAbandoned(runs: string): Promise<void> {
  for (const name of await readdir(runs)) {
    if (!name.startsWith(unfinishedPrefix)) continue;
    const path = join(runs, name);
    const found = await stat(path).catch(() => undefined);
    if (found && Date.now() - found.mtimeMs > abandonedMs) await rm(path, { recursive: true, force: true });
  }
}
