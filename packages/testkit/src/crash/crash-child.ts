import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFile, readdir } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as delay } from "node:timers/promises";
import type { CrashNews, CrashTask } from "./crash-spec.ts";

type NewsOf<Said extends CrashNews["said"]> = Extract<CrashNews, { said: Said }>;

const program = join(import.meta.dirname, "crash-process.ts");

/** A run or a recovery in a process of its own. Disposing kills it. */
export class CrashChild implements AsyncDisposable {
  readonly #child: ReturnType<typeof spawn>;
  readonly #exited: Promise<unknown>;
  readonly #heard: CrashNews[] = [];
  readonly #listening = new Set<() => void>();
  #errors = "";
  #closed = false;

  constructor(task: CrashTask, env: Record<string, string> = {}) {
    this.#child = spawn(process.execPath, ["--disable-warning=ExperimentalWarning", program, JSON.stringify(task)], {
      stdio: ["pipe", "pipe", "pipe"],
      env: { ...process.env, NODE_OPTIONS: "", NODE_COMPILE_CACHE: join(tmpdir(), "chaos-compile-cache"), ...env },
    });
    this.#exited = once(this.#child, "exit");
    this.#child.stdin!.on("error", () => {});
    this.#child.stderr!.setEncoding("utf8").on("data", (text: string) => (this.#errors += text));
    const lines = createInterface({ input: this.#child.stdout! });
    lines.on("line", (line) => {
      this.#heard.push(JSON.parse(line) as CrashNews);
      for (const look of this.#listening) look();
    });
    lines.once("close", () => {
      this.#closed = true;
      for (const look of this.#listening) look();
    });
  }

  /** What it says of this kind, or undefined when it ended without saying so. */
  async hears<Said extends CrashNews["said"]>(said: Said): Promise<NewsOf<Said> | undefined> {
    const { promise, resolve } = Promise.withResolvers<NewsOf<Said> | undefined>();
    const look = () => {
      const news = this.#heard.find((one): one is NewsOf<Said> => one.said === said);
      if (news || this.#closed) resolve(news);
    };
    this.#listening.add(look);
    look();
    const news = await promise;
    this.#listening.delete(look);
    return news;
  }

  /** Its end; throws with what it complained of when it came to none. */
  async ended(): Promise<NewsOf<"ended">> {
    const news = await this.hears("ended");
    await this.#exited;
    if (!news) throw new Error(`the process of the run failed: ${this.#errors.trim()}`);
    return news;
  }

  /** Holds it still from outside, wherever it is; returns once none of its threads moves any more. */
  async freeze(): Promise<void> {
    this.#child.kill("SIGSTOP");
    while (await movesStill(this.#child.pid!)) await delay(1);
  }

  /** Ends `freeze`. */
  thaw(): void {
    this.#child.kill("SIGCONT");
  }

  /** Lets it go on from where it said that it holds. */
  goOn(): void {
    this.#child.stdin!.write("\n");
  }

  async kill(): Promise<void> {
    this.#child.kill("SIGKILL");
    await this.#exited;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
  }
}

/** Whether a thread of a process still runs; where the system does not tell, we take it that none does. */
async function movesStill(pid: number): Promise<boolean> {
  const threads = await readdir(`/proc/${pid}/task`).catch(() => []);
  const stats = threads.map((thread) => readFile(`/proc/${pid}/task/${thread}/stat`, "utf8").catch(() => ") X"));
  return (await Promise.all(stats)).some((stat) => !/^[TtZX]/.test(stat.slice(stat.lastIndexOf(")") + 2)));
}
