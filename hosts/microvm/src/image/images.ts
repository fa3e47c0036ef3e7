import { readdir, readFile, rename, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { ChaosError } from "@chaos-agents/core";
import { z } from "zod";
import { describeFile } from "./build-image.ts";
import { imageRecipeSchema } from "./recipe.ts";

export const imageFiles = ["kernel", "initramfs", "disk"] as const;

const fileSchema = z.strictObject({ bytes: z.int(), sha256: z.string() });
const manifestSchema = z.strictObject({
  id: z.string(),
  recipe: imageRecipeSchema,
  kernel: z.string(),
  /** Unix time in milliseconds. */
  builtAt: z.int(),
  files: z.strictObject({ kernel: fileSchema, initramfs: fileSchema, disk: fileSchema }),
});
export type ImageManifest = z.output<typeof manifestSchema>;

/** An image on this machine, whole. */
export interface Image extends ImageManifest {
  readonly folder: string;
}

/** Undefined where there is none, or only part of one. */
export async function readImage(folder: string): Promise<Image | undefined> {
  const text = await readFile(join(folder, "manifest.json"), "utf8").catch(() => undefined);
  if (text === undefined) return undefined;
  const manifest = manifestSchema.safeParse(JSON.parse(text));
  if (!manifest.success) return undefined;
  for (const name of imageFiles) {
    const found = await stat(join(folder, name)).catch(() => undefined);
    if (found?.size !== manifest.data.files[name].bytes) return undefined;
  }
  return { ...manifest.data, folder };
}

export async function listImages(folder: string): Promise<Image[]> {
  const names = await readdir(folder).catch(() => []);
  const images = await Promise.all(
    names.filter((name) => !name.startsWith(".")).map((name) => readImage(join(folder, name))),
  );
  return images.filter((image) => image !== undefined);
}

/** Which of its files are no longer what was built. */
export async function damagedFiles(image: Image, signal: AbortSignal): Promise<string[]> {
  const found = await Promise.all(
    imageFiles.map(async (name) => {
      const { sha256 } = await describeFile(join(image.folder, name), signal);
      return sha256 === image.files[name].sha256 ? [] : [name];
    }),
  );
  return found.flat();
}

/** Removes an image with its templates. Machines made from it keep running: they have its files open. */
export async function removeImage(folder: string, id: string): Promise<void> {
  const image = (await listImages(folder)).find((one) => one.id === id);
  if (!image) {
    const known = (await listImages(folder)).map((one) => one.id);
    throw new ChaosError("nothing-matched", `there is no image ${id}`, {
      remedy: known.length > 0 ? `There are: ${known.join(", ")}` : "There are none",
    });
  }
  // First out of sight, so that nobody finds half of it.
  const doomed = join(folder, `.removed-${id}`);
  await rm(doomed, { recursive: true, force: true });
  await rename(image.folder, doomed);
  await rm(doomed, { recursive: true });
}
