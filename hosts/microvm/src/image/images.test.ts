import { mkdir, mkdtempDisposable, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { describeFile } from "./build-image.ts";
import { damagedFiles, imageFiles, listImages, removeImage } from "./images.ts";
import { imageRecipeSchema, recipeHash } from "./recipe.ts";

const never = new AbortController().signal;
const recipe = imageRecipeSchema.parse({ name: "tiny" });

/** A folder as a build leaves it, its files small. */
async function writeImage(folder: string) {
  await mkdir(folder, { recursive: true });
  for (const name of imageFiles) await writeFile(join(folder, name), `this is ${name}`);
  const files = Object.fromEntries(
    await Promise.all(imageFiles.map(async (name) => [name, await describeFile(join(folder, name), never)])),
  );
  const manifest = { id: "tiny-1", recipe, kernel: "6.1", builtAt: 1, files };
  await writeFile(join(folder, "manifest.json"), JSON.stringify(manifest));
}

test("whole images are listed, and one that has lost or changed bytes is found out", async () => {
  await using images = await mkdtempDisposable(join(tmpdir(), "chaos-images-"));
  expect(await listImages(join(images.path, "none"))).toEqual([]);
  const folder = join(images.path, "tiny-1");
  await writeImage(folder);
  await mkdir(join(images.path, ".building-tiny-2"));
  const [image, ...more] = await listImages(images.path);
  expect(image).toMatchObject({ id: "tiny-1", folder, recipe });
  expect(more).toEqual([]);
  expect(await damagedFiles(image!, never)).toEqual([]);
  await writeFile(join(folder, "disk"), "this is DISK");
  expect(await damagedFiles(image!, never)).toEqual(["disk"]);
  await writeFile(join(folder, "disk"), "this");
  expect(await listImages(images.path)).toEqual([]);
});

test("an image is removed whole, and one that is not there is named with those that are", async () => {
  await using images = await mkdtempDisposable(join(tmpdir(), "chaos-images-"));
  await writeImage(join(images.path, "tiny-1"));
  await expect(removeImage(images.path, "tiny")).rejects.toMatchObject({
    code: "nothing-matched",
    remedy: "There are: tiny-1",
  });
  await removeImage(images.path, "tiny-1");
  expect(await listImages(images.path)).toEqual([]);
});

test("another recipe is another image, and the same one the same", () => {
  expect(recipeHash(recipe)).toBe(recipeHash({ ...recipe }));
  expect(recipeHash({ ...recipe, disk_mb: 4_096 })).not.toBe(recipeHash(recipe));
  expect(() => imageRecipeSchema.parse({ name: "a", packages: ["$(reboot)"] })).toThrow();
  expect(() => imageRecipeSchema.parse({ name: "../a" })).toThrow();
});
