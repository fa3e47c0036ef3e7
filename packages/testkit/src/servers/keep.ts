import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ChaosError } from "@chaos-agents/core";
import type { KeeperNews, KeeperOrder, KeeperTask, ServiceUser } from "./keeper-messages.ts";

export interface Exit {
  code: number | null;
  signal: NodeJS.Signals | null;
}

export interface KeptProcess {
  readonly pid: number;
  readonly exited: Promise<Exit>;
}

export interface KeptCommand {
  command: string;
  args: string[];
  /** What it prints goes to the end of this file. */
  log: string;
  /** How it is ended when this process goes away; whatever is left after five seconds is killed. */
  endWith?: NodeJS.Signals;
}

/**
 * A directory and the processes in it, owned by a keeper process that outlives us by exactly as long as it takes to
 * end them and remove the directory. Disposing does the same.
 */
export class Keep implements AsyncDisposable {
  readonly directory: string;
  readonly keeperPid: number;
  readonly #keeper: ChildProcess;
  readonly #gone: Promise<unknown>;
  #orders = 0;

  private constructor(keeper: ChildProcess, directory: string) {
    this.directory = directory;
    this.keeperPid = keeper.pid!;
    this.#keeper = keeper;
    this.#gone = once(keeper, "exit");
    keeper.setMaxListeners(0);
  }

  static async open(options: { prefix: string; parent?: string; user?: ServiceUser | undefined }): Promise<Keep> {
    const task: KeeperTask = { parent: options.parent ?? tmpdir(), prefix: options.prefix, user: options.user };
    const keeper = fork(new URL("keeper.ts", import.meta.url), [JSON.stringify(task)], {
      detached: true,
      execArgv: [],
      stdio: ["ignore", "ignore", "pipe", "ipc"],
      env: { ...process.env, NODE_OPTIONS: "" },
    });
    let said = "";
    keeper.stderr!.setEncoding("utf8").on("data", (text: string) => (said += text));
    const news = await Promise.race([once(keeper, "message"), once(keeper, "close")]);
    const ready = news[0] as KeeperNews | number | null;
    if (ready === null || typeof ready === "number" || ready.kind !== "ready") {
      throw new ChaosError(
        "internal",
        `no directory could be made in ${task.parent}: ${said.trim() || "its keeper ended"}`,
      );
    }
    return new Keep(keeper, ready.directory);
  }

  path(...names: string[]): string {
    return join(this.directory, ...names);
  }

  async start(command: KeptCommand): Promise<KeptProcess> {
    const order: KeeperOrder = {
      order: ++this.#orders,
      command: command.command,
      args: command.args,
      log: command.log,
      endWith: command.endWith ?? "SIGKILL",
      env: { PATH: process.env["PATH"] ?? "/usr/bin:/bin", LC_ALL: "C", TZ: "UTC", TMPDIR: this.directory },
    };
    const exit = Promise.withResolvers<Exit>();
    const started = Promise.withResolvers<number>();
    const listen = (news: KeeperNews) => {
      if (news.kind === "ready" || news.order !== order.order) return;
      if (news.kind === "started") return started.resolve(news.pid);
      this.#keeper.off("message", listen);
      if (news.kind === "exited") return exit.resolve({ code: news.code, signal: news.signal });
      started.reject(new ChaosError("unsupported", `${command.command} could not be started: ${news.reason}`));
    };
    this.#keeper.on("message", listen);
    void this.#gone.then(() => {
      started.reject(new ChaosError("internal", `the process that keeps ${this.directory} is gone`));
      exit.resolve({ code: null, signal: "SIGKILL" });
    });
    this.#keeper.send(order);
    return { pid: await started.promise, exited: exit.promise };
  }

  /** Runs something to its end; what it printed is in the error when that was not 0. */
  async run(command: KeptCommand): Promise<void> {
    const { exited } = await this.start(command);
    const { code, signal } = await exited;
    if (code === 0) return;
    const said = await readFile(command.log, "utf8").catch(() => "");
    throw new ChaosError("internal", `${command.command} ended with ${signal ?? code}: ${said.trim().slice(-2_000)}`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#keeper.connected) this.#keeper.disconnect();
    await this.#gone;
  }
}
