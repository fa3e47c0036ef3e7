import { setTimeout as delay } from "node:timers/promises";
import { describeError } from "@chaos-agents/core";
import type { Row, Session, StatementOptions, Value } from "./session.ts";

/** What the drivers differ in. */
export interface Outcome {
  rows: unknown[];
  affected: number;
}

/** How long a cancelled statement may take to notice before its connection is cut. */
const cancelPatienceMs = 5_000;

/** What is the same for every driver's session: statements in turn, cancelling, noticing the end. */
export abstract class SerialSession<Client> implements Session {
  readonly id: string;
  readonly lost: Promise<string>;
  protected readonly client: Client;
  readonly #cancel: (id: string) => Promise<void>;
  readonly #resolveLost: (reason: string) => void;
  #turn: Promise<unknown> = Promise.resolve();
  #waiting = 0;
  #open = true;

  constructor(client: Client, id: string, cancel: (id: string) => Promise<void>) {
    this.client = client;
    this.id = id;
    this.#cancel = cancel;
    const { promise, resolve } = Promise.withResolvers<string>();
    this.lost = promise;
    this.#resolveLost = resolve;
  }

  get isOpen(): boolean {
    return this.#open;
  }

  get isBusy(): boolean {
    return this.#waiting > 0;
  }

  /** Sends one statement. */
  protected abstract send(sql: string, values: readonly Value[], asArrays: boolean, prepare: boolean): Promise<Outcome>;
  protected abstract ping(): Promise<void>;
  /** Says goodbye and closes. */
  protected abstract end(): Promise<void>;
  protected abstract cut(): void;

  async query(sql: string, values: readonly Value[] = [], options: StatementOptions = {}): Promise<Row[]> {
    const outcome = await this.#inTurn(options.signal, () => this.send(sql, values, false, options.prepare ?? false));
    return outcome.rows as Row[];
  }

  async rows(sql: string, values: readonly Value[] = [], options: StatementOptions = {}): Promise<Value[][]> {
    const outcome = await this.#inTurn(options.signal, () => this.send(sql, values, true, options.prepare ?? false));
    return outcome.rows as Value[][];
  }

  async execute(sql: string, values: readonly Value[] = [], options: StatementOptions = {}): Promise<number> {
    const outcome = await this.#inTurn(options.signal, () => this.send(sql, values, true, options.prepare ?? false));
    return outcome.affected;
  }

  use<T>(work: (client: never) => Promise<T>, options: Pick<StatementOptions, "signal"> = {}): Promise<T> {
    return this.#inTurn(options.signal, () => work(this.client as never));
  }

  async renew(): Promise<void> {
    if (!this.isBusy) await this.#inTurn(undefined, () => this.ping());
  }

  destroy(reason = "cut"): void {
    if (!this.#open) return;
    this.cut();
    this.ended(reason);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.#open) return;
    this.#open = false;
    if (this.isBusy) return this.cut();
    const goodbye = this.end().catch(() => this.cut());
    await Promise.race([goodbye, delay(cancelPatienceMs, undefined, { ref: false }).then(() => this.cut())]);
  }

  /** The driver noticed that the connection is gone. */
  protected ended(reason: string): void {
    if (!this.#open) return;
    this.#open = false;
    this.#resolveLost(reason);
  }

  async #inTurn<T>(signal: AbortSignal | undefined, work: () => Promise<T>): Promise<T> {
    const before = this.#turn;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#turn = promise;
    this.#waiting++;
    try {
      await before;
      signal?.throwIfAborted();
      if (!this.#open) throw new ConnectionLostError(`session ${this.id} is closed`);
      return await this.#cancellable(signal, work);
    } finally {
      this.#waiting--;
      resolve();
    }
  }

  async #cancellable<T>(signal: AbortSignal | undefined, work: () => Promise<T>): Promise<T> {
    if (!signal) return work();
    const finished = new AbortController();
    let cancelling: Promise<void> | undefined;
    const onAbort = () => {
      cancelling = Promise.race([this.#cancel(this.id), this.#cutAfterPatience(finished.signal)]).catch(
        (error: unknown) => this.destroy(`could not be cancelled: ${describeError(error)}`),
      );
    };
    signal.addEventListener("abort", onAbort, { once: true });
    try {
      return await work();
    } catch (error) {
      throw signal.aborted ? signal.reason : error;
    } finally {
      signal.removeEventListener("abort", onAbort);
      // a late cancel must not hit the next statement
      await cancelling;
      finished.abort();
    }
  }

  async #cutAfterPatience(finished: AbortSignal): Promise<void> {
    try {
      await delay(cancelPatienceMs, undefined, { signal: finished });
    } catch {
      return;
    }
    this.destroy("did not answer to a cancel");
  }
}

/** A statement could not be sent, or its answer not be heard. */
export class ConnectionLostError extends Error {
  override readonly name = "ConnectionLostError";
}
