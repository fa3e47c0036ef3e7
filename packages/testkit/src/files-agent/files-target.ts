import { randomUUID } from "node:crypto";
import { chmod, link, lstat, readFile, readdir, readlink, rename, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { ChaosError, type Discovery, type Mark, type Target } from "@chaos-agents/core";
import type { FilesConfig } from "./files-config.ts";
import { holdersIn, killHolders } from "./holder.ts";
import { readTrouble, type TroubleWith } from "./trouble.ts";

/** What a file is: all of it that we promise to put back. */
export interface FileState {
  bytes: Buffer;
  mode: number;
}

const scratchPrefix = ".chaos-";
const never = () => new Promise<never>(() => {});

/** A directory that we have "connected" to. Every change is one rename or one link: a kill leaves the old or the new. */
export class FilesTarget implements Target {
  readonly label: string;
  readonly #config: FilesConfig;

  constructor(config: FilesConfig) {
    this.#config = config;
    this.label = config.directory;
  }

  /** Throws when the test says that the directory cannot be reached. */
  async reach(): Promise<void> {
    const { unreachable } = await readTrouble(this.#config.trouble);
    if (unreachable) throw new ChaosError("target-unreachable", `${this.label} cannot be reached`);
  }

  async troubled(what: TroubleWith, name: string): Promise<boolean> {
    await this.reach();
    const listed = (await readTrouble(this.#config.trouble))[what];
    return listed.includes("*") || listed.includes(name);
  }

  /** The troubles of an injection, once its change is made. */
  async lingerAfterChange(name: string, signal: AbortSignal): Promise<void> {
    if (await this.troubled("deafInject", name)) await never();
    if (!(await this.troubled("hangInject", name))) return;
    const { promise, reject } = Promise.withResolvers<never>();
    signal.addEventListener("abort", () => reject(signal.reason), { once: true });
    if (signal.aborted) reject(signal.reason);
    await promise;
  }

  /** The troubles of an undo, before it touches anything. */
  async beforeUndo(name: string): Promise<void> {
    if (await this.troubled("hangUndo", name)) await never();
    if (await this.troubled("failUndo", name)) throw new Error(`the disk refuses to put ${name} back`);
  }

  path(name: string): string {
    return join(this.#config.directory, name);
  }

  /** A name for a file on its way to its place: hidden, unique, and known as ours. */
  scratchName(): string {
    return `${scratchPrefix}${randomUUID()}`;
  }

  async read(name: string): Promise<FileState | undefined> {
    const path = this.path(name);
    return await ifThere(async () => ({ bytes: await readFile(path), mode: (await stat(path)).mode & 0o7777 }));
  }

  /** Puts a file in the place of another, whole. */
  async replace(name: string, { bytes, mode }: FileState, scratch: string): Promise<void> {
    await writeFile(this.path(scratch), bytes, { mode: 0o600 });
    await chmod(this.path(scratch), mode);
    await rename(this.path(scratch), this.path(name));
  }

  /** Makes a new file, whole; rejects with EEXIST when there is one. */
  async make(name: string, bytes: Uint8Array, scratch: string): Promise<void> {
    await writeFile(this.path(scratch), bytes);
    try {
      await link(this.path(scratch), this.path(name));
    } finally {
      await this.remove(scratch);
    }
  }

  async remove(name: string): Promise<void> {
    await rm(this.path(name), { force: true });
  }

  /** Whom a lock says it belongs to. */
  async lockOwner(name: string): Promise<string | undefined> {
    return await ifThere(() => readlink(this.path(name)));
  }

  /** The names of plain files, in order, without what is ours on its way. */
  async files(): Promise<string[]> {
    await this.reach();
    const entries = await readdir(this.#config.directory, { withFileTypes: true });
    return entries
      .filter((entry) => entry.isFile() && !entry.name.startsWith(scratchPrefix))
      .map(({ name }) => name)
      .sort();
  }

  async discover(): Promise<Discovery> {
    const files = await this.files();
    const rows = await Promise.all(files.map(async (name) => [name, (await stat(this.path(name))).size]));
    return {
      summary: `${files.length} files in ${this.label}`,
      tables: [{ title: "Files", columns: ["file", "bytes"], rows }],
    };
  }

  async marks(): Promise<Mark[]> {
    await this.reach();
    const names = await readdir(this.#config.directory);
    const found: Mark[] = [];
    for (const name of names) {
      const owner = (await lstat(this.path(name))).isSymbolicLink() ? await this.lockOwner(name) : undefined;
      if (!name.startsWith(scratchPrefix) && !owner?.startsWith("chaos/")) continue;
      const remove = async () => {
        await this.remove(name);
        return { outcome: "undone", detail: `removed ${name}` } as const;
      };
      found.push({ key: `file ${name}`, detail: owner ? `a lock of ${owner}` : "a file on its way", remove });
    }
    for (const holder of await holdersIn(this.#config.directory)) {
      const remove = async (signal: AbortSignal) => {
        await killHolders([holder.identity], signal);
        return { outcome: "undone", detail: `ended process ${holder.pid}` } as const;
      };
      found.unshift({ key: `process ${holder.pid}`, detail: `holds a lock as ${holder.identity}`, remove });
    }
    return found;
  }

  async [Symbol.asyncDispose](): Promise<void> {}
}

async function ifThere<T>(read: () => Promise<T>): Promise<T | undefined> {
  try {
    return await read();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}

export const sameState = (a: FileState, b: FileState) => a.mode === b.mode && a.bytes.equals(b.bytes);
