import { randomBytes } from "node:crypto";
import { unlinkSync } from "node:fs";
import { readFile, readdir, rm } from "node:fs/promises";
import { basename, join } from "node:path";
import { describeError } from "@chaos-agents/core";
import { isMissing, replaceDurably, syncDirectory, writeSynced } from "./durable-file.ts";
import { damaged } from "./journal-error.ts";
import type { RunFiles } from "./run-files.ts";

const reserveBytes = 1 << 20;

/** Random, so that no file system stores it smaller than it is. */
export async function writeReserve(files: RunFiles): Promise<void> {
  await writeSynced(files.reserve, randomBytes(reserveBytes));
}

export function releaseReserve(files: RunFiles): boolean {
  try {
    unlinkSync(files.reserve);
    return true;
  } catch (error) {
    if (isMissing(error)) return false;
    throw error;
  }
}

export async function writeSecrets(files: RunFiles, secrets: Record<string, string>): Promise<void> {
  if (Object.keys(secrets).length > 0) await replaceDurably(files.secrets, JSON.stringify(secrets));
}

/** None, when the run is clean or never had any. */
export async function readSecrets(files: RunFiles): Promise<Record<string, string>> {
  try {
    return JSON.parse(await readFile(files.secrets, "utf8")) as Record<string, string>;
  } catch (error) {
    if (isMissing(error)) return {};
    // What JSON.parse says would quote the file.
    throw damaged(files.secrets, error instanceof SyntaxError ? "it is not JSON" : describeError(error));
  }
}

/** Removes the secrets and what a kill may have left of writing them. */
export async function forgetSecrets(files: RunFiles): Promise<void> {
  for (const name of await readdir(files.dir)) {
    if (name.startsWith(basename(files.secrets))) await rm(join(files.dir, name), { force: true });
  }
  await syncDirectory(files.dir);
}
