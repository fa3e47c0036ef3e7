import { randomBytes } from "node:crypto";
import type { Readable } from "node:stream";
import { ChaosError, type Clock, type ExecOptions, formatDuration } from "@chaos-agents/core";
import { explainSudo, freeSudo, type Sudo, sudoWith } from "./become-root.ts";
import { ChannelSlots } from "./channel-slots.ts";
import { Connection } from "./connection.ts";
import { announcedCommand, announcedSudo, endSession } from "./remote-session.ts";
import { type SshHostConfig, sudoPasswordOf } from "./ssh-host-config.ts";
import { type CommandEnd, RunningCommand } from "./running-command.ts";

/** sshd counts a session a little longer than we see it. */
const lateMs = 2_000;
const defaultTimeoutMs = 120_000;
/** How long we wait for a command that is to end: what ends it there takes up to six seconds, and more where much runs. */
const patienceMs = 20_000;

export interface RunOptions extends Omit<ExecOptions, "stdin"> {
  stdin?: string | Uint8Array | Readable;
}

/** Runs commands over one connection. */
export class RemoteShell implements AsyncDisposable {
  /** We are root without sudo. */
  isRoot = false;
  readonly #connection: Connection;
  readonly #clock: Clock;
  readonly #config: SshHostConfig;
  readonly #slots = new ChannelSlots();
  /** Nothing that a host prints by itself contains it. */
  readonly #mark = `chaos-${randomBytes(12).toString("hex")}`;
  readonly #closing = new AbortController();
  readonly #running = new Set<Promise<unknown>>();
  #sudo: Sudo | undefined;

  private constructor(connection: Connection, clock: Clock, config: SshHostConfig) {
    this.#connection = connection;
    this.#clock = clock;
    this.#config = config;
  }

  static async open(config: SshHostConfig, context: { signal: AbortSignal; clock: Clock }): Promise<RemoteShell> {
    return new RemoteShell(await Connection.open(config, context.signal), context.clock, config);
  }

  get lost(): Promise<string> {
    return this.#connection.lost;
  }

  async run(argv: readonly string[], options: RunOptions): Promise<CommandEnd> {
    const sudo = options.root && !this.isRoot ? await this.#becomeRoot(options.signal) : undefined;
    return await this.#tracked(this.#runAs(sudo, argv, options));
  }

  /** Ends what still runs, then the connection. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#closing.abort(
      new ChaosError("interrupted", `the connection to ${this.#connection.label} was closed while a command ran`),
    );
    await Promise.allSettled(this.#running);
    await this.#connection[Symbol.asyncDispose]();
  }

  async #tracked<T>(work: Promise<T>): Promise<T> {
    this.#running.add(work);
    try {
      return await work;
    } finally {
      this.#running.delete(work);
    }
  }

  /** The way that works is found out once; why none does is told each time. */
  async #becomeRoot(signal: AbortSignal | undefined): Promise<Sudo> {
    if (this.#sudo) return this.#sudo;
    const attempt = async (sudo: Sudo) => {
      await this.#tracked(this.#runAs(sudo, ["true"], { timeout: 15_000, signal }));
      return (this.#sudo = sudo);
    };
    try {
      return await attempt(freeSudo);
    } catch (error) {
      const password = sudoPasswordOf(this.#config);
      const refused = error instanceof ChaosError && error.code === "permission-missing";
      if (!refused || password === undefined) throw error;
      return await attempt(sudoWith(password));
    }
  }

  async #runAs(sudo: Sudo | undefined, argv: readonly string[], options: RunOptions): Promise<CommandEnd> {
    const line = sudo ? announcedSudo(this.#mark, sudo.argv, argv) : announcedCommand(this.#mark, argv);
    const signal = AbortSignal.any([this.#closing.signal, ...(options.signal ? [options.signal] : [])]);
    const { command, slot } = await this.#start(line, signal, options.onOutput);
    using _ = slot;
    const timeout = options.timeout ?? defaultTimeoutMs;
    using stop = new Stop(signal, this.#clock, timeout, () => this.#tooLate(argv, timeout));
    try {
      void command.feed(sudo?.stdin ?? "", options.stdin);
      const end = await Promise.race([command.ended, stop.stopped]);
      if (command.session === undefined) throw this.#notBegun(command, sudo);
      if (end.code === null && end.killedBy === null) throw this.#connection.unreachable();
      return end;
    } catch (error) {
      await this.#end(command, sudo);
      throw error;
    }
  }

  /** As soon as the host lets us have a channel for it. */
  async #start(
    line: string,
    signal: AbortSignal,
    onOutput: ExecOptions["onOutput"],
  ): Promise<{ command: RunningCommand; slot: Disposable }> {
    let patience: number | undefined;
    for (;;) {
      const slot = await this.#slots.take(signal);
      // not given up when we are to stop: the command may run already
      const command = await this.#connection
        .start(line, (channel) => new RunningCommand(channel, this.#mark, onOutput))
        .catch((error: Error) => error);
      if (command instanceof RunningCommand) return { command, slot };
      const again = this.#connection.over === undefined && this.#slots.narrow();
      slot[Symbol.dispose]();
      if (again) continue;
      patience ??= this.#clock.monotonic() + lateMs;
      if (this.#connection.over !== undefined || this.#clock.monotonic() > patience) {
        throw this.#connection.unreachable(command);
      }
      await this.#clock.sleep(50, signal);
    }
  }

  #notBegun(command: RunningCommand, sudo: Sudo | undefined): ChaosError {
    const { label, over } = this.#connection;
    if (over !== undefined) return this.#connection.unreachable();
    if (sudo) return explainSudo(label, this.#config.username, command.noise, sudo.stdin !== "");
    const said = command.noise.trim().split("\n").at(-1);
    return new ChaosError(
      "permission-missing",
      `${label} runs no commands for ${this.#config.username}${said && `: ${said}`}`,
      {
        remedy:
          "The user needs a login shell, and the host a POSIX sh; see that no forced command stands in authorized_keys",
      },
    );
  }

  #tooLate(argv: readonly string[], timeout: number): ChaosError {
    return new ChaosError(
      "deadline-passed",
      `${argv[0]} on ${this.#connection.label} took longer than ${formatDuration(timeout)} and was ended`,
      { remedy: "See what it waits for there" },
    );
  }

  /** Ends the command and its children on the host, and returns when they are gone, or cannot be ended. */
  async #end(command: RunningCommand, sudo: Sudo | undefined): Promise<void> {
    const enough = new AbortController();
    const patience = this.#clock.sleep(patienceMs, enough.signal);
    await Promise.race([this.#endRemotely(command, sudo, enough.signal), patience]).catch(() => {});
    enough.abort();
    patience.catch(() => {});
    command.close();
  }

  async #endRemotely(command: RunningCommand, sudo: Sudo | undefined, signal: AbortSignal): Promise<void> {
    await command.announced;
    if (command.session === undefined || command.isClosed) return;
    const argv = endSession(command.session);
    const line = sudo ? announcedSudo(this.#mark, sudo.argv, argv) : announcedCommand(this.#mark, argv);
    const endBy = async (connection: Connection) => {
      const end = await connection.start(line, (channel) => new RunningCommand(channel, this.#mark, () => {}));
      void end.feed(sudo?.stdin ?? "", undefined);
      await Promise.all([end.closed, command.closed]);
    };
    try {
      await endBy(this.#connection);
    } catch {
      // no session is left for it in this one
      if (this.#connection.over !== undefined) return;
      await using another = await Connection.open(this.#config, signal);
      await endBy(another);
    }
  }
}

/** Rejects when a command is to be ended: told by a signal, or too late. */
class Stop implements Disposable {
  readonly stopped: Promise<never>;
  readonly #over = new AbortController();

  constructor(signal: AbortSignal, clock: Clock, ms: number, tooLate: () => ChaosError) {
    const { promise, reject } = Promise.withResolvers<never>();
    this.stopped = promise;
    promise.catch(() => {});
    const abort = () => reject(signal.reason as Error);
    if (signal.aborted) abort();
    signal.addEventListener("abort", abort, { once: true, signal: this.#over.signal });
    clock.sleep(ms, this.#over.signal).then(
      () => reject(tooLate()),
      () => {},
    );
  }

  [Symbol.dispose](): void {
    this.#over.abort();
  }
}
