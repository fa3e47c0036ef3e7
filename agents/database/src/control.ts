import { type ChaosError, type Clock, describeError } from "@chaos-agents/core";
import { connectFailure } from "./connect-failure.ts";
import type { Dialect, Driver } from "./dialect.ts";
import type { Endpoint } from "./endpoint.ts";
import { ConnectionLostError } from "./serial-session.ts";
import type { Row, Session, Value } from "./session.ts";

/** A statement of ours is short; one that is not answered by then stands on a dead connection. */
const answerMs = 20_000;
/** How long a lost connection is tried again: a server needs a while to restart. */
const patienceMs = 20_000;
const pauseMs = 250;

/**
 * The connection opened first and kept for short questions, so that the way out stays open when no other connection can
 * be had. Comes back by itself when lost.
 */
export class Control implements AsyncDisposable {
  readonly #endpoint: Endpoint;
  readonly #driver: Driver;
  readonly #mark: string;
  readonly #clock: Clock;
  #session!: Session;
  #dialect!: Dialect;
  #reopening: Promise<void> | undefined;
  readonly #closing = new AbortController();

  constructor(endpoint: Endpoint, driver: Driver, mark: string, clock: Clock) {
    this.#endpoint = endpoint;
    this.#driver = driver;
    this.#mark = mark;
    this.#clock = clock;
  }

  get dialect(): Dialect {
    return this.#dialect;
  }

  get id(): string {
    return this.#session.id;
  }

  async open(signal: AbortSignal | undefined): Promise<void> {
    const options = { lockTimeout: 500, statementTimeout: 15_000, signal };
    // statements here are not cancelled: who asked stops waiting, and they end by themselves
    const session = await this.#driver
      .open(this.#endpoint, this.#mark, options, async () => {})
      .catch((error: unknown) => {
        throw signal?.aborted ? error : connectFailure(error, this.#endpoint, this.#driver);
      });
    try {
      this.#dialect = await this.#driver.dialect(session);
    } catch (error) {
      session.destroy();
      throw error;
    }
    this.#session = session;
  }

  /** May run a statement twice when the connection is lost meanwhile: only for what can be said twice. */
  async ask(sql: string, values: readonly Value[], signal: AbortSignal | undefined): Promise<Row[]> {
    signal?.throwIfAborted();
    await this.#ensureOpen(signal);
    try {
      return await this.#answer(sql, values, signal);
    } catch (error) {
      if (signal?.aborted || this.#dialect.refusal(error) !== "connection-lost") throw error;
      this.#session.destroy(describeError(error));
      await this.#ensureOpen(signal);
      return this.#answer(sql, values, signal);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closing.abort(new ConnectionLostError("closed"));
    await this.#reopening?.catch(() => {});
    await this.#session[Symbol.asyncDispose]();
  }

  async #answer(sql: string, values: readonly Value[], signal: AbortSignal | undefined): Promise<Row[]> {
    const session = this.#session;
    const answered = new AbortController();
    const given = [answered.signal, ...(signal ? [signal] : [])];
    const silence = this.#clock.sleep(answerMs, AbortSignal.any(given)).then(() => {
      session.destroy(`did not answer within ${answerMs / 1_000} s`);
      throw new ConnectionLostError("the server does not answer");
    });
    try {
      return await Promise.race([session.query(sql, values), silence]);
    } finally {
      answered.abort();
      silence.catch(() => {});
    }
  }

  #ensureOpen(signal: AbortSignal | undefined): Promise<void> {
    if (this.#session.isOpen) return Promise.resolve();
    this.#reopening ??= this.#reopen().finally(() => (this.#reopening = undefined));
    return signal ? abandon(this.#reopening, signal) : this.#reopening;
  }

  async #reopen(): Promise<void> {
    const until = this.#clock.monotonic() + patienceMs;
    for (;;) {
      this.#closing.signal.throwIfAborted();
      try {
        return await this.open(this.#closing.signal);
      } catch (error) {
        const refusal = this.#dialect.refusal((error as ChaosError).cause);
        const passing = refusal === "connection-lost" || refusal === "too-many-connections";
        if (!passing || this.#clock.monotonic() >= until) throw error;
        await this.#clock.sleep(pauseMs, this.#closing.signal);
      }
    }
  }
}

/** Stops waiting when aborted; the work goes on for others. */
async function abandon<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  const { promise, reject } = Promise.withResolvers<never>();
  const onAbort = () => reject(signal.reason);
  signal.addEventListener("abort", onAbort, { once: true });
  if (signal.aborted) onAbort();
  try {
    return await Promise.race([work, promise]);
  } finally {
    signal.removeEventListener("abort", onAbort);
    work.catch(() => {});
  }
}
