import { randomUUID } from "node:crypto";
import { mkdir, open, readFile, readdir, realpath, rename, stat } from "node:fs/promises";
import { basename, dirname, extname, join, relative, resolve, sep } from "node:path";
import { ChaosError } from "@chaos-agents/core";

const mostFiles = 1_000;
const mostBytes = 1_000_000;

export interface FoundFile {
  /** As people and requests name it: the folder's own name first, `config/shop.yaml`. */
  file: string;
  modifiedAt: number;
  bytes: number;
}

/** Experiment files in the folders that were opened to the room, and nothing beside them. */
export class ExperimentFolders {
  readonly #folders: ReadonlyMap<string, string>;

  private constructor(folders: ReadonlyMap<string, string>) {
    this.#folders = folders;
  }

  /** Folders by their names; one that is not there yet is made when something is saved to it. */
  static async open(paths: readonly string[]): Promise<ExperimentFolders> {
    const folders = new Map<string, string>();
    for (const path of paths) {
      const real = await realpath(resolve(path)).catch(() => resolve(path));
      let name = basename(real) || "root";
      for (let n = 2; folders.has(name); n++) name = `${basename(real)}-${n}`;
      folders.set(name, real);
    }
    return new ExperimentFolders(folders);
  }

  get names(): string[] {
    return [...this.#folders.keys()];
  }

  async list(): Promise<FoundFile[]> {
    const found: FoundFile[] = [];
    for (const [name, folder] of this.#folders) {
      const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
      for (const entry of entries) {
        const path = join(entry.parentPath, entry.name);
        const inside = relative(folder, path);
        if (!entry.isFile() || !isYaml(entry.name) || isHidden(inside)) continue;
        const { mtimeMs, size } = await stat(path);
        found.push({ file: `${name}/${inside.split(sep).join("/")}`, modifiedAt: mtimeMs, bytes: size });
        if (found.length >= mostFiles) return found;
      }
    }
    return found.sort((a, b) => (a.file < b.file ? -1 : 1));
  }

  async read(file: string): Promise<string> {
    const path = await this.#inside(file);
    const found = await stat(path).catch(() => undefined);
    if (!found?.isFile()) throw missing(file);
    if (found.size > mostBytes) throw refused(file, "it is too large for an experiment");
    return await readFile(path, "utf8");
  }

  /** Whole or not at all. */
  async write(file: string, text: string): Promise<void> {
    const path = await this.#inside(file);
    await mkdir(dirname(path), { recursive: true });
    // the folder may be a way out that did not exist before
    await this.#inside(file);
    const fresh = join(dirname(path), `.${basename(path)}.${randomUUID()}`);
    await using out = await open(fresh, "wx", 0o644);
    await out.writeFile(text);
    await out.sync();
    await rename(fresh, path);
  }

  /** The path that is meant. Refused where that, or what it points to, lies outside of the folder. */
  async #inside(file: string): Promise<string> {
    const [name = "", ...rest] = file.split("/");
    const folder = this.#folders.get(name);
    const inside = rest.join("/");
    if (folder === undefined || !isYaml(file) || file.includes("\0") || file.includes("\\") || isHidden(inside)) {
      throw refused(file, "experiment files are .yaml or .yml in the folders that were opened");
    }
    const path = resolve(folder, inside);
    const base = await realpath(folder).catch(() => folder);
    const real = await realOf(path);
    if (!real.startsWith(base + sep)) throw refused(file, "it lies outside of the folders that were opened");
    return real;
  }
}

const isYaml = (file: string) => [".yaml", ".yml"].includes(extname(file));
/** Steps up count as hidden. */
const isHidden = (inside: string) =>
  inside.split(/[/\\]/).some((part) => part.startsWith(".") || part === "" || part === "node_modules");

/** Of a path that need not be there yet: as far as it is. */
async function realOf(path: string): Promise<string> {
  try {
    return await realpath(path);
  } catch {
    const parent = dirname(path);
    return parent === path ? path : join(await realOf(parent), basename(path));
  }
}

const missing = (file: string) =>
  new ChaosError("not-found", `there is no file ${file}`, { remedy: "GET /api/v1/files lists those there are" });

const refused = (file: string, why: string) =>
  new ChaosError("forbidden", `${file} is not for this room: ${why}`, {
    remedy: "chaos server --experiments FOLDER opens another folder",
  });
