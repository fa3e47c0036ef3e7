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

/** Out of sight at once: what is killed in the middle of it is finished by `removeUnfinished`. */
export async function removeRecord(root: string, id: string): Promise<void> {
  const doomed = join(root, `.removed-${id}`);
  await rename(join(root, id), doomed).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== "ENOENT") throw error;
  });
  await rm(doomed, { recursive: true, force: true });
}

/** Only with the turn ours: then nobody is writing or removing one. */
export async function removeUnfinished(root: string): Promise<void> {
  const left = (await readdir(root)).filter((name) => name.startsWith(".new-") || name.startsWith(".removed-"));
  for (const name of left) await rm(join(root, name), { recursive: true, force: true });
}
