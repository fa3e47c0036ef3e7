import { type ChildProcess, spawn } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { Event, EventType } from "@chaos-agents/core";

export const root = join(import.meta.dirname, "..");
export const chaos = join(root, "chaos");

/** One `chaos run` as a user starts it, its events as they come, its memory as the kernel counts it. */
export class ChaosRun implements AsyncDisposable {
  readonly events: Event[] = [];
  readonly child: ChildProcess;
  readonly ended: Promise<number>;
  /** Most bytes it ever held. */
  peak = 0;
  readonly #waiting = new Set<() => void>();
  readonly #timer: NodeJS.Timeout;

  /** `through` is a command that starts it somewhere else. */
  constructor(home: string, name: string, experiment: object, through: readonly string[] = []) {
    const file = join(home, `${name}.yaml`);
    writeFileSync(file, JSON.stringify({ experiments: [{ name, ...experiment }] }));
    const [command, ...args] = [...through, chaos, "run", file, "--yes", "--json"];
    this.child = spawn(command, args, {
      env: { ...process.env, CHAOS_HOME: join(home, "state") },
      stdio: ["ignore", "pipe", "ignore"],
    });
    createInterface({ input: this.child.stdout! }).on("line", (line) => {
      this.events.push(JSON.parse(line) as Event);
      for (const wake of this.#waiting) wake();
    });
    this.ended = new Promise((resolve) => this.child.once("close", (code) => resolve(code ?? 1)));
    void this.ended.then(() => this.#waiting.forEach((wake) => wake()));
    this.#timer = setInterval(() => this.#weigh(), 50);
  }

  /** The next event of this type, or the one that was; rejects when the run ends without it. */
  async seen<T extends EventType>(type: T, which: (event: Extract<Event, { type: T }>) => boolean = () => true) {
    for (;;) {
      const found = this.events.find(
        (event): event is Extract<Event, { type: T }> => event.type === type && which(event as never),
      );
      if (found) return found;
      if (this.child.exitCode !== null)
        throw new Error(`the run ended without ${type}: ${JSON.stringify(this.events.at(-1))}`);
      await new Promise<void>((wake) => {
        this.#waiting.add(wake);
        setTimeout(wake, 250);
      });
    }
  }

  /** Ctrl-C, and everything put back. */
  async stop(): Promise<void> {
    this.child.kill("SIGINT");
    const code = await this.ended;
    if (code !== 130) throw new Error(`the run ended with ${code}: ${JSON.stringify(this.events.at(-1))}`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#timer);
    if (this.child.exitCode === null) this.child.kill("SIGINT");
    await this.ended;
  }

  #weigh(): void {
    try {
      const status = readFileSync(`/proc/${this.child.pid}/status`, "utf8");
      this.peak = Math.max(this.peak, Number(/VmHWM:\s+(\d+) kB/.exec(status)?.[1] ?? 0) * 1_024);
    } catch {
      // it has just ended
    }
  }
}
