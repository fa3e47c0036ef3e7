import { type Clock, describeError, type Held } from "@chaos-agents/core";
import type { Database } from "./database.ts";
import { leaseMs, renewMs, type Session, type SessionOptions } from "./session.ts";

/**
 * Sessions that a fault keeps open until it is undone. Each has a lease at the server, renewed here while we live: should
 * our network be cut, the server ends them by itself. Hand it to `context.hold` before opening any.
 */
export class HeldSessions implements Held {
  readonly lost: Promise<string>;
  readonly #resolveLost: (reason: string) => void;
  readonly #database: Database;
  readonly #mark: string;
  readonly #clock: Clock;
  readonly #sessions = new Set<Session>();
  readonly #opening = new Set<Promise<Session>>();
  readonly #closing = new AbortController();
  readonly #mayLose: number;
  #lostSessions = 0;
  #renewing: Promise<void> | undefined;

  /** `mayLose` sessions may end before the whole counts as lost. */
  constructor(database: Database, mark: string, mayLose = 0) {
    this.#mayLose = mayLose;
    this.#database = database;
    this.#mark = mark;
    this.#clock = database.clock;
    const { promise, resolve } = Promise.withResolvers<string>();
    this.lost = promise;
    this.#resolveLost = resolve;
  }

  get sessions(): readonly Session[] {
    return [...this.#sessions];
  }

  /** Opens one more. */
  async open(options: Omit<SessionOptions, "lease"> = {}): Promise<Session> {
    const { signal: closing } = this.#closing;
    closing.throwIfAborted();
    const signal = options.signal ? AbortSignal.any([options.signal, closing]) : closing;
    const opening = this.#database.session(this.#mark, { ...options, lease: true, signal });
    this.#opening.add(opening);
    const session = await opening.finally(() => this.#opening.delete(opening));
    this.#sessions.add(session);
    void session.lost.then((reason) => {
      if (++this.#lostSessions > this.#mayLose) this.#resolveLost(`session ${session.id} ended: ${reason}`);
    });
    this.#renewing ??= this.#renewAll();
    return session;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closing.abort(new Error("the held sessions are closed"));
    await this.#renewing;
    for (const opened of await Promise.allSettled(this.#opening)) {
      if (opened.status === "fulfilled") this.#sessions.add(opened.value);
    }
    if (this.#sessions.size > 0) this.#database.noteEnded(this.#mark);
    await Promise.all([...this.#sessions].map((session) => session[Symbol.asyncDispose]()));
  }

  async #renewAll(): Promise<void> {
    const unanswered = new Map<Session, number>();
    const { signal } = this.#closing;
    for (;;) {
      await this.#clock.sleep(renewMs, signal).catch(() => {});
      if (signal.aborted) return;
      const now = this.#clock.monotonic();
      for (const session of this.#sessions) {
        const since = unanswered.get(session);
        if (!session.isOpen) this.#sessions.delete(session);
        else if (since === undefined) this.#renew(session, unanswered, now);
        else if (now - since > leaseMs) session.destroy("the server did not answer for as long as its lease");
      }
    }
  }

  #renew(session: Session, unanswered: Map<Session, number>, now: number): void {
    unanswered.set(session, now);
    session.renew().then(
      () => unanswered.delete(session),
      (error: unknown) => session.destroy(describeError(error)),
    );
  }
}
