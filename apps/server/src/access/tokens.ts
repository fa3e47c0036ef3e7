import { createHash, randomBytes, timingSafeEqual } from "node:crypto";
import { mkdir, readFile, rename, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { ChaosError } from "@chaos-agents/core";
import { z } from "zod";

const name = z.string().regex(/^[A-Za-z0-9][\w.@-]{0,63}$/, "a name of letters, digits and . _ @ -");
const tokensSchema = z.record(name, z.string().min(20));

/** Who may use the room, by name: the name is what the record of deeds says. Kept in a 0600 file. */
export class Tokens {
  readonly #path: string;
  #tokens: Readonly<Record<string, string>> = {};
  #readAt = 0;

  private constructor(path: string) {
    this.#path = path;
  }

  /** With a first token, called `owner`, where there was none. */
  static async open(folder: string): Promise<Tokens> {
    const tokens = new Tokens(join(folder, "tokens.json"));
    await tokens.refresh();
    if (Object.keys(tokens.#tokens).length === 0) await tokens.add("owner");
    return tokens;
  }

  get names(): string[] {
    return Object.keys(this.#tokens);
  }

  get owner(): string {
    return Object.values(this.#tokens)[0]!;
  }

  /** Another process may have added or removed some: each request asks. */
  async refresh(): Promise<void> {
    const { mtimeMs } = await stat(this.#path).catch(() => ({ mtimeMs: -1 }));
    if (mtimeMs === this.#readAt) return;
    await this.#read();
    this.#readAt = mtimeMs;
  }

  async #read(): Promise<void> {
    const text = await readFile(this.#path, "utf8").catch((error: NodeJS.ErrnoException) => {
      if (error.code === "ENOENT") return "{}";
      throw error;
    });
    const parsed = z.safeParse(tokensSchema, readJson(text));
    if (!parsed.success) {
      throw new ChaosError("usage", `${this.#path} does not hold tokens`, {
        remedy: "Remove the file: a new token is made then, and the old ones are void",
      });
    }
    this.#tokens = parsed.data;
  }

  /** Resolves with the new token. */
  async add(who: string): Promise<string> {
    if (!name.safeParse(who).success) {
      throw new ChaosError("usage", `"${who}" cannot be a token's name`, { remedy: "use letters, digits and . _ @ -" });
    }
    if (this.#tokens[who] !== undefined) {
      throw new ChaosError("usage", `there is a token called ${who} already`, { remedy: "remove it first" });
    }
    const token = randomBytes(24).toString("base64url");
    await this.#write({ ...this.#tokens, [who]: token });
    return token;
  }

  async remove(who: string): Promise<void> {
    const { [who]: known, ...others } = this.#tokens;
    if (known === undefined) {
      throw new ChaosError("usage", `there is no token called ${who}`, {
        remedy: `there are: ${this.names.join(", ")}`,
      });
    }
    await this.#write(others);
  }

  /** Whose token it is, or undefined. Takes as long for a wrong one as for a right one. */
  nameOf(given: string): string | undefined {
    const digest = digestOf(given);
    let found: string | undefined;
    for (const [who, token] of Object.entries(this.#tokens)) if (timingSafeEqual(digest, digestOf(token))) found = who;
    return found;
  }

  async #write(tokens: Record<string, string>): Promise<void> {
    await mkdir(join(this.#path, ".."), { recursive: true, mode: 0o700 });
    await writeFile(`${this.#path}.new`, `${JSON.stringify(tokens, null, 2)}\n`, { mode: 0o600, flush: true });
    await rename(`${this.#path}.new`, this.#path);
    this.#tokens = tokens;
  }
}

const digestOf = (text: string) => createHash("sha256").update(text).digest();

function readJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
