import { open, readFile, rm } from "node:fs/promises";
import { join } from "node:path";

/** What a job reads and writes: in files, so that it goes on when we end. All are 0600: what is asked may hold secrets. */
export class JobFiles {
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
  }

  async writeInput(id: string, text: string): Promise<void> {
    await using file = await open(this.#path(id, "in"), "w", 0o600);
    await file.writeFile(text);
    await file.sync();
  }

  /** Standard input, output and errors for its process. */
  async openAll(id: string) {
    const [input, output, errors] = await Promise.all([
      open(this.#path(id, "in"), "r"),
      open(this.#path(id, "out"), "w", 0o600),
      open(this.#path(id, "err"), "w", 0o600),
    ]);
    return {
      descriptors: [input.fd, output.fd, errors.fd] as const,
      [Symbol.asyncDispose]: async () => void (await Promise.all([input, output, errors].map((one) => one.close()))),
    };
  }

  output(id: string): Promise<string> {
    return this.#read(id, "out");
  }

  errors(id: string): Promise<string> {
    return this.#read(id, "err");
  }

  /** What was asked is needed no more. */
  async forgetInput(id: string): Promise<void> {
    await rm(this.#path(id, "in"), { force: true });
  }

  async forget(id: string): Promise<void> {
    await Promise.all((["in", "out", "err"] as const).map((part) => rm(this.#path(id, part), { force: true })));
  }

  async #read(id: string, part: "out" | "err"): Promise<string> {
    return await readFile(this.#path(id, part), "utf8").catch((error: NodeJS.ErrnoException) => {
      if (error.code === "ENOENT") return "";
      throw error;
    });
  }

  #path(id: string, part: "in" | "out" | "err"): string {
    return join(this.#folder, `${id}.${part}`);
  }
}
