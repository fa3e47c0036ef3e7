/**
 * How many sessions one connection carries at once. sshd allows ten (MaxSessions); two stay free for ending commands. A
 * host that allows fewer is found out by being refused.
 */
export class ChannelSlots {
  #limit = 8;
  #running = 0;
  readonly #waiting: (() => void)[] = [];

  /** Waits for its turn; what is returned gives it back. */
  async take(signal: AbortSignal): Promise<Disposable> {
    signal.throwIfAborted();
    if (this.#running >= this.#limit) {
      const { promise, resolve, reject } = Promise.withResolvers<void>();
      const stop = () => {
        this.#waiting.splice(this.#waiting.indexOf(resolve), 1);
        reject(signal.reason as Error);
      };
      this.#waiting.push(resolve);
      signal.addEventListener("abort", stop, { once: true });
      await promise.finally(() => signal.removeEventListener("abort", stop));
    } else {
      this.#running++;
    }
    return {
      [Symbol.dispose]: () => {
        const next = this.#running <= this.#limit ? this.#waiting.shift() : undefined;
        if (next) next();
        else this.#running--;
      },
    };
  }

  /** The host refused a session while others run: there will be no more than those. False when none do. */
  narrow(): boolean {
    if (this.#running <= 1) return false;
    this.#limit = Math.min(this.#limit, this.#running - 1);
    return true;
  }
}
