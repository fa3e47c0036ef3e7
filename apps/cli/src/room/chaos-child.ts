import { type SpawnOptions, spawn } from "node:child_process";
import { closeSync, mkdtempSync, openSync, readSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { StringDecoder } from "node:string_decoder";
import { stripVTControlCharacters } from "node:util";

/** `chaos` as it was started itself: from a checkout or from the bundle. */
function spawnChaos(args: readonly string[], options: SpawnOptions) {
  return spawn(process.execPath, [...process.execArgv, process.argv[1]!, ...args], options);
}

export interface Spoken {
  code: number | null;
  stdout: string;
  stderr: string;
}

/** Runs `chaos` to its end; when the signal is aborted it is told to end. */
export function askChaos(args: readonly string[], signal: AbortSignal): Promise<Spoken> {
  const { promise, resolve, reject } = Promise.withResolvers<Spoken>();
  const child = spawnChaos(args, { stdio: ["ignore", "pipe", "pipe"], signal });
  const said = { stdout: "", stderr: "" };
  for (const name of ["stdout", "stderr"] as const) {
    child[name]!.setEncoding("utf8").on("data", (text: string) => (said[name] += text));
  }
  child.once("error", reject);
  child.once("close", (code) => resolve({ ...said, stderr: stripVTControlCharacters(said.stderr), code }));
  return promise;
}

const lookEvery = 150;
/** Of what a child says, so much is kept. */
const keptText = 200_000;

/**
 * `chaos` in a session of its own: it ends neither with us nor with our terminal. What it says goes through files, because it
 * would stop where nobody reads a pipe any more.
 */
export class DetachedChaos implements Disposable {
  readonly stdout: Heard;
  readonly stderr: Heard;
  readonly #folder: string;
  readonly #changed: () => void;
  readonly #timer: NodeJS.Timeout;
  /** Undefined while it lives; null where it was killed or never began. */
  code: number | null | undefined;

  constructor(args: readonly string[], changed: () => void) {
    this.#changed = changed;
    this.#folder = mkdtempSync(join(tmpdir(), "chaos-room-"));
    this.stdout = new Heard(join(this.#folder, "stdout"));
    this.stderr = new Heard(join(this.#folder, "stderr"));
    const child = spawnChaos(args, { stdio: ["ignore", this.stdout.fd, this.stderr.fd], detached: true });
    child.once("error", (error) => this.#end(null, error.message));
    child.once("exit", (code) => this.#end(code));
    child.unref();
    this.#timer = setInterval(() => this.#listen(), lookEvery);
  }

  #listen(): void {
    const news = [this.stdout.listen(), this.stderr.listen()];
    if (news.includes(true)) this.#changed();
  }

  #end(code: number | null, message = ""): void {
    this.#listen();
    this.code = code;
    this.stderr.text += message;
    this[Symbol.dispose]();
    this.#changed();
  }

  /** Stops listening; it goes on by itself. */
  [Symbol.dispose](): void {
    clearInterval(this.#timer);
    this.stdout.close();
    this.stderr.close();
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

/** What was written to a file so far. */
class Heard {
  text = "";
  readonly fd: number;
  readonly #decoder = new StringDecoder();
  #read = 0;
  #closed = false;

  constructor(path: string) {
    this.fd = openSync(path, "ax+", 0o600);
  }

  /** Whether there was more. */
  listen(): boolean {
    if (this.#closed) return false;
    const buffer = Buffer.alloc(65_536);
    const from = this.#read;
    for (;;) {
      const count = readSync(this.fd, buffer, 0, buffer.length, this.#read);
      if (count === 0) return this.#read > from;
      this.#read += count;
      this.text = (this.text + stripVTControlCharacters(this.#decoder.write(buffer.subarray(0, count)))).slice(
        -keptText,
      );
    }
  }

  close(): void {
    if (!this.#closed) closeSync(this.fd);
    this.#closed = true;
  }
}
