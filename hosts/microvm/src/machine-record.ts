import { mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";

const recordSchema = z.strictObject({
  id: z.string(),
  tag: z.string(),
  /** Its name for people and its hostname. */
  label: z.string(),
  madeAt: z.int(),
  /** Who made it: sweep leaves the machines of the living alone. */
  owner: z.strictObject({ pid: z.int(), start: z.string(), boot: z.string() }),
  image: z.string(),
  memoryMb: z.int(),
  namespace: z.string().nullable(),
  network: z.discriminatedUnion("kind", [
    z.strictObject({ kind: z.literal("user") }),
    z.strictObject({ kind: z.literal("tap"), device: z.string(), link: z.int() }),
  ]),
});

/**
 * All that a machine can have outside of its folder, written down before any of it is made. Its process is not: it has
 * the folder's path among its arguments, and is found by that.
 */
export type MachineRecord = z.output<typeof recordSchema>;

/** Whole or not at all: a folder without its record would be nobody's. */
export async function writeRecord(root: string, record: MachineRecord): Promise<string> {
  await mkdir(root, { recursive: true });
  const staging = await mkdtemp(join(root, ".new-"));
  await writeFile(join(staging, "record.json"), JSON.stringify(record, null, 2));
  const folder = join(root, record.id);
  await rename(staging, folder);
  return folder;
}

export async function readRecord(root: string, id: string): Promise<MachineRecord | undefined> {
  const text = await readFile(join(root, id, "record.json"), "utf8").catch(() => undefined);
  return text === undefined ? undefined : recordSchema.parse(JSON.parse(text));
}

export async function readRecords(root: string): Promise<MachineRecord[]> {
  const names = await readdir(root).catch(() => []);
  const records = await Promise.all(
    names.filter((name) => !name.startsWith(".")).map((name) => readRecord(root, name)),
  );
  return records.filter((record) => record !== undefined);
}

/** Out of sight at once. What is killed after that is finished by `removeUnfinished`. */
export async function removeRecord(root: string, id: string, stop: Stop): Promise<void> {
  await rename(join(root, id), doomedOf(root, id)).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== "ENOENT") throw error;
  });
  await removeDoomed(root, id, stop);
}

/** Ends what runs for a folder. */
export type Stop = (folder: string) => Promise<void>;

const doomed = ".removed-";
const doomedOf = (root: string, id: string) => join(root, `${doomed}${id}`);

/**
 * A controller can be killed between its fork and the monitor's exec, and that process is not to be recognised yet.
 * Without its folder it ends by itself; if it was quicker, it is recognised now.
 */
async function removeDoomed(root: string, id: string, stop: Stop): Promise<void> {
  await stop(join(root, id));
  await rm(doomedOf(root, id), { recursive: true, force: true });
}

/** Only with the turn ours: then nobody is writing or removing one. */
export async function removeUnfinished(root: string, stop: Stop): Promise<void> {
  for (const name of await readdir(root)) {
    if (name.startsWith(doomed)) await removeDoomed(root, name.slice(doomed.length), stop);
    if (name.startsWith(".new-")) await rm(join(root, name), { recursive: true, force: true });
  }
}
