import { execFile } from "node:child_process";
import { mkdtempDisposable, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { systemClock } from "@chaos-agents/core";
import { debianPackages, missingCommands } from "./commands.ts";
import { imageFolder } from "./folders.ts";
import { buildImage } from "./image/build-image.ts";
import { standardRecipe } from "./image/recipe.ts";
import { namespaceOf } from "./machine-room.ts";
import { MicrovmProvider } from "./microvm-provider.ts";
import { findByArgument } from "./process-table.ts";

const run = promisify(execFile);

/** Why there can be no machines here, or undefined. In CI there must be. */
export function microvmMissing(): string | undefined {
  if (process.env["CI"] === "true") return undefined;
  if (process.platform !== "linux" || process.arch !== "x64") return "they need Linux on x86-64";
  if (process.getuid?.() !== 0) return "they need root, for images and networks";
  const missing = missingCommands([
    "mmdebstrap",
    "mke2fs",
    "busybox",
    "lz4",
    "qemu-system-x86_64",
    "qemu-img",
    "socat",
  ]);
  return missing.length > 0 ? `apt-get install ${debianPackages.join(" ")}` : undefined;
}

/** The image for all tests: downloaded and built once for each change of its recipe. */
export async function testImage() {
  return buildImage(standardRecipe, {
    folder: imageFolder(process.env),
    clock: systemClock,
    signal: AbortSignal.timeout(900_000),
  });
}

const roomPrefix = join(tmpdir(), "chaos-vm-");

/** What tests that were killed have left. */
async function sweepRooms(): Promise<void> {
  for (const name of (await readdir(tmpdir())).filter((one) => join(tmpdir(), one).startsWith(roomPrefix))) {
    const path = join(tmpdir(), name);
    const provider = new MicrovmProvider({ machines: path });
    const tags = new Set((await provider.list()).map(({ tag }) => tag));
    let swept = 0;
    for (const tag of tags) swept += (await provider.sweep(tag)).length;
    if (swept > 0 && (await provider.list()).length === 0) await rm(path, { recursive: true, force: true });
  }
}

/** A place of its own for machines, with a look from outside at what it left. */
export async function openRoom() {
  await sweepRooms();
  const folder = await mkdtempDisposable(roomPrefix);
  const provider = new MicrovmProvider({ machines: folder.path });
  return {
    path: folder.path,
    provider,
    /** Whether the network namespace is there that machines with this tag share. */
    async hasNamespace(tag: string): Promise<boolean> {
      const { stdout } = await run("ip", ["netns", "list"]);
      return stdout.split("\n").some((line) => line.split(" ")[0] === namespaceOf(folder.path, tag));
    },
    /** Processes and folders of its machines. */
    async residues(): Promise<string[]> {
      const names = (await readdir(folder.path)).filter((name) => name !== ".turn");
      const processes = await Promise.all(names.map((name) => findByArgument(join(folder.path, name, "qemu.pid"))));
      return [...names, ...processes.flat().map(({ pid }) => `process ${pid}`)];
    },
    async [Symbol.asyncDispose]() {
      for (const { id } of await provider.list()) await provider.destroy(id);
      await folder.remove();
    },
  };
}

/** The network devices in our own namespace. */
export const devices = async (): Promise<string[]> => (await run("ip", ["-o", "link"])).stdout.split("\n");
