import { ChaosError, describeError } from "@chaos-agents/core";
import type { RunHeader } from "@chaos-agents/engine";
import type { HeldRun } from "./create-run.ts";
import { type OpenJournal, only, openJournal } from "./journal-database.ts";
import { readFailure } from "./journal-error.ts";
import type { RunFiles } from "./run-files.ts";
import { tryLock } from "./run-lock.ts";
import { readSecrets, releaseReserve } from "./run-side-files.ts";

/** An existing run, to be finished by this process and no other. */
export async function openRun(files: RunFiles): Promise<HeldRun & { header: RunHeader }> {
  using onFailure = new DisposableStack();
  const lock = onFailure.use(takeLock(files));
  const journal = openWithReserve(files);
  onFailure.use(journal.db);
  const header = { ...journal.tables.header.get(only), secrets: await readSecrets(files) };
  onFailure.move();
  return { lock, journal, header };
}

function takeLock({ run, lock: path }: RunFiles): Disposable {
  let lock: Disposable | undefined;
  try {
    lock = tryLock(path);
  } catch (error) {
    throw new ChaosError("journal-damaged", `${path} is damaged: ${describeError(error)}`, {
      remedy: "Remove this one file: it holds nothing but the lock",
      facts: { file: path },
      cause: error,
    });
  }
  if (lock) return lock;
  throw new ChaosError("run-locked", `Another process is working on run ${run}`, {
    remedy: `\`chaos events ${run} --follow\` watches it; \`chaos halt\` stops it`,
    facts: { run },
  });
}

/** Even opening needs some space, so on a full disk the space kept back has to go first. */
function openWithReserve(files: RunFiles): OpenJournal {
  try {
    return openJournal(files);
  } catch (error) {
    const failure = readFailure(error, files);
    if (failure.code === "journal-full" && releaseReserve(files)) return openJournal(files);
    throw failure;
  }
}
