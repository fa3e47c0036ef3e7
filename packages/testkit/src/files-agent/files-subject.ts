import { chmod, mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { makeTemporary } from "../contract/temporary.ts";
import { filesOracle } from "./files-oracle.ts";
import { type Trouble, makeTrouble } from "./trouble.ts";

/** A directory with files of many kinds, for one test. */
export class FilesSubject implements AsyncDisposable {
  readonly directory: string;
  readonly config: { directory: string; trouble: string };
  readonly oracle: ReturnType<typeof filesOracle>;
  readonly #root: string;

  private constructor(root: string) {
    this.#root = root;
    this.directory = join(root, "files");
    this.config = { directory: this.directory, trouble: join(root, "trouble.json") };
    this.oracle = filesOracle(this.directory);
  }

  /** `f01`, `f02`, …: no bytes, some bytes, bytes that are no text; plain and odd modes. */
  static async make(files = 3): Promise<FilesSubject> {
    const subject = new FilesSubject(await makeTemporary("disk"));
    await mkdir(subject.directory);
    for (let i = 1; i <= files; i++) {
      const path = subject.path(fileNumber(i));
      await writeFile(path, i % 3 === 0 ? Buffer.from([0, 255, 128, 10, i]) : "words\n".repeat(i - 1));
      await chmod(path, i % 2 === 0 ? 0o600 : 0o644);
    }
    return subject;
  }

  path(name: string): string {
    return join(this.directory, name);
  }

  async trouble(trouble: Trouble): Promise<void> {
    await makeTrouble(this.config.trouble, trouble);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.#root, { recursive: true, force: true });
  }
}

export const fileNumber = (i: number) => `f${String(i).padStart(2, "0")}`;
