import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { mkdir, readdir, rename, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { ChaosError, type Clock } from "@chaos-agents/core";
import { requireCommands, runCommand } from "../commands.ts";
import { takeTurn } from "../file-lock.ts";
import { type Image, imageFiles, type ImageManifest, readImage } from "./images.ts";
import { kernelRelease, packInitramfs, unwrapKernel } from "./kernel.ts";
import { type ImageRecipe, recipeHash } from "./recipe.ts";
import { makeRootFilesystem } from "./root-filesystem.ts";

export interface BuildContext {
  /** Where images live, see `imageFolder`. */
  readonly folder: string;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

/** The image of this recipe: the one there is, or a new one, whole or not at all. Who comes second waits for the first. */
export async function buildImage(recipe: ImageRecipe, { folder, clock, signal }: BuildContext): Promise<Image> {
  const id = `${recipe.name}-${recipeHash(recipe)}`;
  const before = await readImage(join(folder, id));
  if (before) return before;
  if (process.platform !== "linux" || process.arch !== "x64") {
    throw new ChaosError(
      "unsupported",
      `images are built on Linux on x86-64, and this is ${process.platform} on ${process.arch}`,
    );
  }
  if (process.getuid?.() !== 0) {
    throw new ChaosError("permission-missing", "building an image takes root: it installs a Debian into a folder", {
      remedy: "Run it once with sudo, with XDG_CACHE_HOME set to your own cache",
    });
  }
  requireCommands("building an image", ["mmdebstrap", "mke2fs", "busybox", "lz4"]);
  using _turn = await takeTurn(join(folder, ".locks", id), clock, signal);
  const meanwhile = await readImage(join(folder, id));
  if (meanwhile) return meanwhile;
  const staging = join(folder, `.building-${id}`);
  // With the turn ours, what is there was left by somebody who was killed.
  await rm(staging, { recursive: true, force: true });
  await rm(join(folder, id), { recursive: true, force: true });
  await mkdir(staging, { recursive: true });
  try {
    await build(recipe, id, staging, clock, signal);
    await rename(staging, join(folder, id));
  } finally {
    await rm(staging, { recursive: true, force: true });
  }
  return (await readImage(join(folder, id)))!;
}

async function build(recipe: ImageRecipe, id: string, staging: string, clock: Clock, signal: AbortSignal) {
  const root = join(staging, "root");
  await makeRootFilesystem(recipe, root, signal);
  const release = await kernelRelease(root);
  await unwrapKernel(join(root, "boot", `vmlinuz-${release}`), join(staging, "kernel"), signal);
  const busybox = (await runCommand(["sh", "-c", "command -v busybox"], { signal })).trim();
  await writeFile(join(staging, "initramfs"), await packInitramfs(root, release, busybox));
  const disk = join(staging, "disk");
  await runCommand(
    [
      "mke2fs",
      "-q",
      "-t",
      "ext4",
      "-d",
      root,
      "-E",
      "lazy_itable_init=1,lazy_journal_init=1",
      disk,
      `${recipe.disk_mb}M`,
    ],
    { signal },
  );
  await rm(root, { recursive: true });
  const files = await Promise.all(
    imageFiles.map(async (name) => [name, await describeFile(join(staging, name), signal)] as const),
  );
  const manifest: ImageManifest = {
    id,
    recipe,
    kernel: release,
    builtAt: clock.now(),
    files: Object.fromEntries(files) as ImageManifest["files"],
  };
  await writeFile(join(staging, "manifest.json"), `${JSON.stringify(manifest, null, 2)}\n`);
  const unexpected = (await readdir(staging)).filter((name) => name !== "manifest.json" && !(name in manifest.files));
  if (unexpected.length > 0) throw new ChaosError("internal", `left over from the build: ${unexpected.join(", ")}`);
}

export async function describeFile(path: string, signal: AbortSignal): Promise<{ bytes: number; sha256: string }> {
  const hash = createHash("sha256");
  await pipeline(createReadStream(path, { highWaterMark: 1 << 20 }), hash, { signal });
  return { bytes: (await stat(path)).size, sha256: hash.digest("hex") };
}
