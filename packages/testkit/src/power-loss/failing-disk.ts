import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { lstat, mkdir, readFile, readdir, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { type Random, seededRandom } from "@chaos-agents/core";
import { makeTemporary } from "../contract/temporary.ts";

const run = promisify(execFile);
const source = join(import.meta.dirname, "unsynced.c");

/** Why power cannot be lost here, or undefined. */
export async function powerLossMissing(): Promise<string | undefined> {
  if (process.platform !== "linux") return "the shim that loses what was not synced is for Linux";
  return await run("cc", ["--version"]).then(
    () => undefined,
    () => "there is no C compiler (cc) to build the shim with",
  );
}

/** Builds the shim, once for each version of its source. */
async function builtShim(): Promise<string> {
  const version = createHash("sha256")
    .update(await readFile(source))
    .digest("hex")
    .slice(0, 16);
  const library = join(tmpdir(), `chaos-unsynced-${version}.so`);
  if (existsSync(library)) return library;
  const fresh = `${library}.${process.pid}`;
  await run("cc", ["-shared", "-fPIC", "-O2", "-Wall", "-Werror", "-o", fresh, source, "-ldl", "-lpthread"]);
  await rename(fresh, library);
  return library;
}

/** A directory on a disk that forgets what was not synced when the power goes. Empty at first. */
export class FailingDisk implements AsyncDisposable {
  readonly directory: string;
  /** For the processes that write to it. */
  readonly env: Record<string, string>;
  readonly #root: string;

  private constructor(root: string, library: string) {
    this.#root = root;
    this.directory = join(root, "disk");
    this.env = {
      LD_PRELOAD: library,
      POWER_LOSS_DIR: this.directory,
      POWER_LOSS_KEPT: join(root, "kept"),
      UV_USE_IO_URING: "0",
    };
  }

  static async make(): Promise<FailingDisk> {
    const disk = new FailingDisk(await makeTemporary("disk"), await builtShim());
    await mkdir(disk.directory);
    for (const part of ["files", "names"]) await mkdir(join(disk.#root, "kept", part), { recursive: true });
    return disk;
  }

  /**
   * The power goes, and comes back: what was synced is there. Of the rest nothing is, or with a `seed` some of it: any
   * unsynced name, and any unsynced 4 KiB of a file, may have reached the disk or not.
   */
  async losePower(seed?: number): Promise<void> {
    const after = join(this.#root, "after");
    const luck = seed === undefined ? undefined : seededRandom(seed);
    await this.#restore(this.directory, after, (await keyOf(this.directory))!, luck);
    await rm(this.directory, { recursive: true });
    await rename(after, this.directory);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.#root, { recursive: true, force: true });
  }

  async #restore(live: string, to: string, key: string, luck: Random | undefined): Promise<void> {
    await mkdir(to, { mode: 0o700 });
    for (const [name, entry] of await this.#namesAfter(live, key, luck)) {
      const [from, path] = [join(live, name), join(to, name)];
      const isLive = (await keyOf(from)) === entry.key;
      if ((entry.mode & 0o170000) === 0o040000) await this.#restore(from, path, entry.key, luck);
      else
        await writeFile(path, await this.#bytesAfter(isLive ? from : undefined, entry.key, luck), {
          mode: entry.mode & 0o777,
        });
    }
  }

  /** The names in a directory: those synced, and for each name that differs from them, luck decides. */
  async #namesAfter(live: string, key: string, luck: Random | undefined): Promise<Map<string, Entry>> {
    const kept = await namesKept(join(this.#root, "kept", "names", key));
    if (!luck) return kept;
    const now = await namesIn(live);
    for (const name of [...new Set([...kept.keys(), ...now.keys()])].sort()) {
      const entry = now.get(name);
      if (entry?.key === kept.get(name)?.key || luck.below(2) === 0) continue;
      if (entry) kept.set(name, entry);
      else kept.delete(name);
    }
    return kept;
  }

  async #bytesAfter(live: string | undefined, key: string, luck: Random | undefined): Promise<Buffer> {
    const path = join(this.#root, "kept", "files", key);
    const kept = existsSync(path) ? await readFile(path) : Buffer.alloc(0);
    if (!luck || !live) return kept;
    const now = await readFile(live);
    const bytes = Buffer.alloc(luck.below(2) === 0 ? now.length : kept.length);
    for (let at = 0; at < bytes.length; at += block) {
      const from = luck.below(2) === 0 ? now : kept;
      from.subarray(at, at + block).copy(bytes, at);
    }
    return bytes;
  }
}

const block = 4_096;

interface Entry {
  key: string;
  mode: number;
}

/** As the shim names files: by number and birth. Undefined for what is not there. */
async function keyOf(path: string): Promise<string | undefined> {
  const found = await lstat(path, { bigint: true }).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return undefined;
    throw error;
  });
  return found && `${found.ino}-${found.birthtimeNs}`;
}

async function namesKept(path: string): Promise<Map<string, Entry>> {
  if (!existsSync(path)) return new Map();
  const lines = (await readFile(path, "utf8")).split("\n").filter((line) => line !== "");
  return new Map(
    lines.map((line) => {
      const [, key, mode, name] = /^(\S+) (\S+) (.*)$/.exec(line)!;
      return [name!, { key: key!, mode: Number.parseInt(mode!, 8) }];
    }),
  );
}

async function namesIn(directory: string): Promise<Map<string, Entry>> {
  const names = existsSync(directory) ? await readdir(directory) : [];
  const entries = names.map(async (name) => {
    const path = join(directory, name);
    return [name, { key: (await keyOf(path))!, mode: (await lstat(path)).mode }] as const;
  });
  return new Map(await Promise.all(entries));
}
