import { randomUUID } from "node:crypto";
import { mkdir, open, rename, rm } from "node:fs/promises";
import { dirname } from "node:path";

/** Makes the names in a directory survive a power loss; a file's own fsync does not. */
export async function syncDirectory(path: string): Promise<void> {
  await using handle = await open(path, "r");
  await handle.sync();
}

/** Creates a private directory and what is missing above it; all of it is on disk afterwards. */
export async function makeDirectory(path: string): Promise<void> {
  const first = await mkdir(path, { recursive: true, mode: 0o700 });
  if (first === undefined) return;
  for (let made = path; made.length >= first.length; made = dirname(made)) await syncDirectory(dirname(made));
}

/** Writes and syncs a new private file; its name is on disk only after `syncDirectory`. */
export async function writeSynced(path: string, data: string | Uint8Array): Promise<void> {
  await using handle = await open(path, "wx", 0o600);
  await handle.writeFile(data);
  await handle.sync();
}

/** Puts a private file in place, whole and on disk, or not at all. */
export async function replaceDurably(path: string, data: string): Promise<void> {
  const temporary = `${path}.${randomUUID()}`;
  try {
    await writeSynced(temporary, data);
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
  await syncDirectory(dirname(path));
}

export const isMissing = (error: unknown): boolean => (error as NodeJS.ErrnoException).code === "ENOENT";
