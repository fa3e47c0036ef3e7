import { type ChildProcess, spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { Event, EventType } from "@chaos-agents/core";

export const root = join(import.meta.dirname, "../..");
export const launcher = join(root, "chaos");

export interface Ended {
  code: number | null;
  signal: NodeJS.Signals | null;
  stdout: string;
  stderr: string;
}

type Env = Record<string, string | undefined>;

/** A folder of its own that is gone, with everything started in it, when disposed. */
export class Playground implements AsyncDisposable {
  readonly folder: string;
  readonly home: string;
  readonly env: Env;
  readonly #children = new Set<ChildProcess>();

  constructor(folder: string, env: Env) {
    this.folder = folder;
    this.home = join(folder, "home");
    const { PATH, HOME, TMPDIR } = process.env;
    this.env = { PATH, HOME, TMPDIR, LANG: "C.UTF-8", CHAOS_HOME: this.home, ...env };
  }

  static async open(env: Env = {}): Promise<Playground> {
    return new Playground(await mkdtemp(join(tmpdir(), "chaos-e2e-")), env);
  }

  path(name: string): string {
    return join(this.folder, name);
  }

  /** Runs `./chaos`, or another program, to its end. */
  async run(args: readonly string[], { env = {}, command = launcher }: { env?: Env; command?: string } = {}) {
    return await this.start(args, { env, command }).ended;
  }

  start(args: readonly string[], { env = {}, command = launcher }: { env?: Env; command?: string } = {}): Started {
    const child = spawn(command, args, {
      cwd: this.folder,
      env: { ...this.env, ...env },
      stdio: ["pipe", "pipe", "pipe"],
    });
    this.#children.add(child);
    child.once("close", () => this.#children.delete(child));
    return new Started(child);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const child of this.#children) {
      const gone = new Promise((resolve) => child.once("exit", resolve));
      child.kill("SIGKILL");
      await gone;
    }
    await rm(this.folder, { recursive: true, force: true });
  }
}

export class Started {
  readonly child: ChildProcess;
  readonly ended: Promise<Ended>;
  readonly #events: Event[] = [];
  readonly #watchers = new Set<() => void>();
  #stdout = "";
  #stderr = "";
  #over = false;

  constructor(child: ChildProcess) {
    this.child = child;
    const { promise, resolve, reject } = Promise.withResolvers<Ended>();
    this.ended = promise;
    child.stdout!.setEncoding("utf8").on("data", (text: string) => {
      this.#stdout += text;
      this.#wake();
    });
    child.stderr!.setEncoding("utf8").on("data", (text: string) => (this.#stderr += text));
    // A program that is gone does not read what a test types.
    child.stdin!.on("error", () => undefined);
    createInterface({ input: child.stdout! }).on("line", (line) => this.#read(line));
    child.once("error", reject);
    child.once("close", (code, signal) => {
      this.#over = true;
      this.#wake();
      resolve({ code, signal, stdout: this.#stdout, stderr: this.#stderr });
    });
  }

  /** With `--json`: the events so far. */
  get events(): readonly Event[] {
    return this.#events;
  }

  /** Resolves at the first event that fits; throws when the process ends without it. */
  async event(fits: EventType | ((event: Event, index: number) => boolean)): Promise<Event> {
    const wanted = typeof fits === "string" ? ({ type }: Event) => type === fits : fits;
    const found = await this.#until(() => this.#events.find(wanted));
    if (found) return found;
    throw new Error(`it ended without that event:\n${this.#stdout}\n${this.#stderr}`);
  }

  /** Resolves once this stands on stdout; throws when the process ends without it. */
  async printed(text: string | RegExp): Promise<RegExpExecArray> {
    const wanted = typeof text === "string" ? new RegExp(RegExp.escape(text)) : text;
    const found = await this.#until(() => wanted.exec(this.#stdout) ?? undefined);
    if (found) return found;
    throw new Error(`"${String(text)}" was never printed:\n${this.#stdout}\n${this.#stderr}`);
  }

  async #until<T>(look: () => T | undefined): Promise<T | undefined> {
    for (;;) {
      const found = look();
      if (found !== undefined || this.#over) return found;
      await new Promise<void>((resolve) => this.#watchers.add(resolve));
    }
  }

  kill(signal: NodeJS.Signals): void {
    this.child.kill(signal);
  }

  #read(line: string): void {
    if (!line.startsWith(`{"v":`)) return;
    this.#events.push(JSON.parse(line) as Event);
    this.#wake();
  }

  #wake(): void {
    for (const resolve of this.#watchers) resolve();
    this.#watchers.clear();
  }
}

/** The events of NDJSON text. */
export const eventsOf = (text: string): Event[] =>
  text
    .split("\n")
    .filter(Boolean)
    .map((line) => JSON.parse(line) as Event);
