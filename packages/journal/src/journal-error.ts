import { statfsSync } from "node:fs";
import { dirname } from "node:path";
import { ChaosError, describeError } from "@chaos-agents/core";
import type { RunFiles } from "./run-files.ts";

// SQLite's primary result codes; the extended ones keep these in their low byte.
const busy = 5;
const ioFailed = 10;
const corrupt = 11;
const full = 13;
const cannotOpen = 14;
const notADatabase = 26;

const sqliteCode = (error: unknown): number | undefined => {
  const code = (error as { errcode?: number } | null)?.errcode;
  return code === undefined ? undefined : code & 0xff;
};

export const isBusy = (error: unknown): boolean => sqliteCode(error) === busy;

function hasNoRoom(dir: string): boolean {
  try {
    const { bavail, bsize, files, ffree } = statfsSync(dirname(dir));
    return bavail * bsize < 65_536 || (files > 0 && ffree === 0);
  } catch {
    return false;
  }
}

function isFull(error: unknown, dir: string): boolean {
  const code = sqliteCode(error);
  if (code === full || (error as NodeJS.ErrnoException).code === "ENOSPC") return true;
  // Shared memory or a file that found no room is an I/O error like any other to SQLite.
  return (code === ioFailed || code === cannotOpen) && hasNoRoom(dir);
}

const fullError = ({ dir }: RunFiles, cause: unknown) =>
  new ChaosError("journal-full", `No room left on the disk that holds ${dirname(dir)}`, {
    remedy: "Free some space there; `chaos recover --all` then finishes what is left to undo",
    facts: { dir },
    cause,
  });

export function damaged(file: string, why: string, cause?: unknown): ChaosError {
  return new ChaosError("journal-damaged", `${file} is damaged: ${why}`, {
    remedy:
      "Move its folder away and keep it; `chaos recover --sweep FILE` finds and removes what the run left on its targets",
    facts: { file },
    cause,
  });
}

/** What people are told when a journal could not be opened or read. */
export function readFailure(error: unknown, files: RunFiles): ChaosError {
  if (error instanceof ChaosError) return error;
  if (isFull(error, files.dir)) return fullError(files, error);
  if (!isBusy(error)) return damaged(files.journal, describeError(error), error);
  return new ChaosError("run-locked", `The journal of run ${files.run} is busy`, {
    remedy: "Try again in a moment",
    cause: error,
  });
}

/** What people are told when a journal could not be written. */
export function writeFailure(error: unknown, files: RunFiles): ChaosError {
  if (error instanceof ChaosError) return error;
  if (isFull(error, files.dir)) return fullError(files, error);
  const code = sqliteCode(error);
  if (code === corrupt || code === notADatabase) return damaged(files.journal, describeError(error), error);
  return new ChaosError("internal", `The journal of run ${files.run} could not be written: ${describeError(error)}`, {
    remedy: `Look at the disk, the quota and the permissions of ${dirname(files.dir)}`,
    facts: { dir: files.dir },
    cause: error,
  });
}
