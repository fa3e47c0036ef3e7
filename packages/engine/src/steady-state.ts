import { type Clock, type ProbeAnswer } from "@chaos-agents/core";
import type { ProbeDesk } from "./probe-desk.ts";
import type { RunLog } from "./run-log.ts";
import type { StopSource } from "./stop-source.ts";

const askAgainEvery = 250;

/** Holds the steady state against its tolerances before, during and after, and remembers where it did not hold. */
export class SteadyState {
  readonly #desk: ProbeDesk;
  readonly #log: RunLog;
  readonly #clock: Clock;
  readonly #during = new Map<string, ProbeAnswer>();
  #after: ProbeAnswer[] = [];

  constructor(desk: ProbeDesk, log: RunLog, clock: Clock) {
    this.#desk = desk;
    this.#log = log;
    this.#clock = clock;
  }

  /** Asks once, guards too; returns the answers outside tolerance. */
  async before(signal: AbortSignal): Promise<ProbeAnswer[]> {
    const answers = [...(await this.#desk.ask("before", signal)), ...(await this.#desk.askGuards(signal))];
    signal.throwIfAborted();
    const bad = answers.filter(({ ok }) => !ok);
    if (answers.length > 0)
      await this.#log.emit({ type: "steady-state-checked", when: "before", held: bad.length === 0, answers });
    return bad;
  }

  /** Takes note of an answer while faults stand; the first bad one of each probe is kept. */
  noteDuring(answer: ProbeAnswer): void {
    if (!answer.ok && !this.#during.has(answer.probe)) this.#during.set(answer.probe, answer);
  }

  async closeDuring(asked: number): Promise<void> {
    if (asked === 0) return;
    const answers = [...this.#during.values()];
    await this.#log.emit({ type: "steady-state-checked", when: "during", held: answers.length === 0, answers });
  }

  /**
   * Asks until all is well again or the deadline has passed, and measures how long that took since the undo. Once the run
   * is to stop, asks one last time.
   */
  async after(undoneAt: number, deadline: number, stop: StopSource): Promise<void> {
    for (;;) {
      const last = stop.signal.aborted;
      const answers = await this.#desk.ask("after", stop.hurry);
      if (answers.length === 0 || stop.hurry.aborted) return;
      const bad = answers.filter(({ ok }) => !ok);
      const waited = this.#clock.monotonic() - undoneAt;
      if (bad.length === 0 || waited >= deadline || last) {
        this.#after = bad;
        await this.#log.emit({ type: "steady-state-checked", when: "after", held: bad.length === 0, answers });
        await this.#log.emit({ type: "recovered", ms: bad.length === 0 ? waited : null });
        return;
      }
      await this.#clock.sleep(askAgainEvery, stop.signal).catch(() => undefined);
    }
  }

  /** Where the steady state did not hold, in words, or undefined. */
  get deviation(): string | undefined {
    const words = (answers: Iterable<ProbeAnswer>) =>
      [...answers].map(({ probe, detail }) => `${probe}: ${detail}`).join("; ");
    if (this.#after.length > 0) return `the steady state did not come back after the undo (${words(this.#after)})`;
    if (this.#during.size > 0)
      return `the steady state did not hold while faults stood (${words(this.#during.values())})`;
    return undefined;
  }
}
