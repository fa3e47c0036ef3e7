import type { Clock, Redact } from "@chaos-agents/core";
import type { Outbox, Waiting } from "./outbox.ts";
import { post } from "./post.ts";
import type { Receiver } from "./receiver.ts";

export type NoticeLog = (message: string) => void;

interface CourierOptions {
  receiver: Receiver;
  outbox: Outbox;
  clock: Clock;
  log: NoticeLog;
  redact: Redact;
}

const firstPauseMs = 1_000;
const longestPauseMs = 600_000;
export const keepTryingMs = 24 * 3_600_000;
const lastAnswerMs = 2_000;

const pauseAfter = (failures: number) => Math.min(firstPauseMs * 2 ** Math.min(failures - 1, 20), longestPauseMs);

/** Takes notices to one receiver, one after the other, for as long as it takes. */
export class Courier implements AsyncDisposable {
  readonly #receiver: Receiver;
  readonly #outbox: Outbox;
  readonly #clock: Clock;
  readonly #log: NoticeLog;
  readonly #redact: Redact;
  readonly #stop = new AbortController();
  readonly #walking: Promise<void>;
  #closing = false;
  #news = Promise.withResolvers<void>();
  /** In a row; with it grows the pause before the receiver is asked again, for whichever run. */
  #failures = 0;
  #pausedUntil = 0;

  constructor({ receiver, outbox, clock, log, redact }: CourierOptions) {
    this.#receiver = receiver;
    this.#outbox = outbox;
    this.#clock = clock;
    this.#log = log;
    this.#redact = redact;
    this.#walking = this.#walk();
  }

  get name(): string {
    return this.#receiver.name;
  }

  get receiver(): Receiver {
    return this.#receiver;
  }

  /** There may be something new to deliver. */
  wake(): void {
    this.#news.resolve();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closing = true;
    this.wake();
    const over = new AbortController();
    const patience = this.#clock.sleep(lastAnswerMs, over.signal).catch(() => undefined);
    await Promise.race([this.#walking, patience]);
    over.abort();
    this.#stop.abort();
    await this.#walking;
  }

  async #walk(): Promise<void> {
    while (!this.#closing) {
      try {
        const next = this.#outbox.next(this.name);
        if (!next) await this.#rest(null);
        else {
          const wait = Math.max(next.notBefore, this.#pausedUntil) - this.#clock.now();
          if (wait > 0) await this.#rest(wait);
          else await this.#deliver(next);
        }
      } catch (error) {
        // the disk is full, or the notice is none: neither may end all deliveries
        this.#warn(`notices to ${this.name} wait: ${String(error)}`);
        await this.#rest(longestPauseMs);
      }
    }
  }

  /** Until something is new, or the time is over. */
  async #rest(ms: number | null): Promise<void> {
    const over = new AbortController();
    const time = ms === null ? [] : [this.#clock.sleep(ms, over.signal).catch(() => undefined)];
    await Promise.race([this.#news.promise, ...time]);
    over.abort();
    this.#news = Promise.withResolvers();
  }

  async #deliver(waiting: Waiting): Promise<void> {
    const { notice, since } = waiting;
    const request = this.#receiver.request(notice, this.#clock.now());
    const delivery = await post(request, { clock: this.#clock, stop: this.#stop.signal, redact: this.#redact });
    if (this.#stop.signal.aborted && delivery.result !== "done") return;
    if (delivery.result === "done") {
      this.#outbox.remove(waiting);
      if (this.#failures > 0) this.#log(`notices to ${this.name} are delivered again`);
      this.#failures = 0;
      return;
    }
    const now = this.#clock.now();
    if (delivery.result === "never" || now - since >= keepTryingMs) {
      this.#outbox.remove(waiting);
      this.#warn(`notice ${notice.id} to ${this.name} was given up: ${delivery.why}`);
      return;
    }
    this.#failures += 1;
    if (this.#failures === 1) this.#warn(`notices to ${this.name} wait, ${notice.id} is the first: ${delivery.why}`);
    const asked = delivery.retryAfterMs === null ? null : Math.min(delivery.retryAfterMs, keepTryingMs);
    this.#pausedUntil = now + (asked ?? pauseAfter(this.#failures));
    this.#outbox.later(waiting, now + (asked ?? pauseAfter(waiting.attempts + 1)));
  }

  #warn(text: string): void {
    this.#log(this.#redact(text));
  }
}
