import { readFile, rename, writeFile } from "node:fs/promises";
import { z } from "zod";

const names = z.array(z.string()).default([]);

/** What is to go wrong, by file name; `*` is every file. Read afresh before each step, so that tests can mend it. */
const troubleSchema = z.strictObject({
  /** The directory cannot be reached at all. */
  unreachable: z.boolean().default(false),
  /** Fails after the undo is recorded and before anything is changed. */
  failInject: names,
  /** Waits after the change until it is told to stop. */
  hangInject: names,
  /** Waits after the change, and does not listen when told to stop. */
  deafInject: names,
  failUndo: names,
  /** Never answers, and does not listen. */
  hangUndo: names,
  failFence: names,
  /** Says that nothing can be seen. */
  blind: names,
});
export type Trouble = z.input<typeof troubleSchema>;
export type TroubleWith = Exclude<keyof Trouble, "unreachable">;

export async function readTrouble(path: string | undefined): Promise<z.output<typeof troubleSchema>> {
  if (path === undefined) return troubleSchema.parse({});
  const text = await readFile(path, "utf8").catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return "{}";
    throw error;
  });
  return troubleSchema.parse(JSON.parse(text));
}

/** Makes it so, in one step: a reader sees the old or the new. */
export async function makeTrouble(path: string, trouble: Trouble): Promise<void> {
  await writeFile(`${path}.new`, JSON.stringify(trouble));
  await rename(`${path}.new`, path);
}
