import { randomUUID } from "node:crypto";
import {
  type Clock,
  type ExecResult,
  type Held,
  type Host,
  type UndoResult,
  ChaosError,
  undoOutcomeSchema,
} from "@chaos-agents/core";
import { type WayBack, lockedOut, renderRecord, runnerArgv } from "./runner/runner.ts";

/** The right to act on one host for one run, and what is done with it. */
export class Lease {
  readonly #epoch = randomUUID();
  readonly #host: (signal: AbortSignal) => Promise<Host>;
  readonly #label: string;
  readonly #clock: Clock;
  readonly #ms: number;
  #holders = 0;
  #undoing = false;
  #renewing: { stop: AbortController; lost: Promise<string> } | undefined;
  #taken: Promise<void> | undefined;
  #awayUntil = 0;
  /** Changes of ours whose ways back are on the host as far as we know: where they are not, it has healed itself. */
  readonly #standing = new Set<string>();

  /** `ms` 0: no lease, and so nothing that heals the host when we are gone. */
  constructor(options: { host: (signal: AbortSignal) => Promise<Host>; label: string; clock: Clock; ms: number }) {
    this.#host = options.host;
    this.#label = options.label;
    this.#clock = options.clock;
    this.#ms = options.ms;
  }

  /** Keeps the way back on the host, then makes the change. */
  async break(
    change: { run: string; mark: string; id: string; wayBack: WayBack; act: readonly string[] },
    signal: AbortSignal,
  ) {
    this.#taken = Promise.resolve();
    this.#undoing = false;
    const { run, mark, id, wayBack, act } = change;
    if (this.#standing.size === 0) {
      const armed = await this.#call(["arm", run, this.#epoch, this.#seconds], signal);
      if (armed.code !== 0) return armed;
    }
    const result = await this.#call(["break", run, this.#epoch, `${mark}/`, id, renderRecord(wayBack), ...act], signal);
    this.#standing.add(id);
    return result;
  }

  /** Ends what these marks started, and returns when it is gone. Whoever else held the lease is locked out first. */
  async fence(run: string, marks: readonly string[], signal: AbortSignal): Promise<void> {
    await this.#beginUndo(run, signal);
    await this.#call(["fence", run, ...marks.map((mark) => `${mark}/`)], signal);
  }

  async undo(run: string, id: string, wayBack: WayBack, signal: AbortSignal): Promise<UndoResult> {
    await this.#beginUndo(run, signal);
    const { stdout, stderr } = await this.#call(["undo", run, id, renderRecord(wayBack)], signal);
    const [outcome, detail = ""] = stdout.trimEnd().split("\t");
    const known = undoOutcomeSchema.safeParse(outcome);
    if (known.success) {
      const isLast = known.data !== "failed" && this.#standing.delete(id) && this.#standing.size === 0;
      if (isLast && this.#holders === 0) this.#rest();
      return { outcome: known.data, detail };
    }
    throw new ChaosError("internal", `${this.#label} gave no answer to an undo: ${stderr.trim() || stdout.trim()}`);
  }

  async isAsBefore(wayBack: WayBack, signal: AbortSignal): Promise<boolean> {
    const host = await this.#host(signal);
    const { code } = await host.exec(runnerArgv("check", renderRecord(wayBack)), { root: true, signal });
    return code === 0;
  }

  /** Renews for as long as somebody holds it; `lost` tells when the host will not have us any more. */
  hold(run: string): Held {
    // an undo's renewing is told soon that the host is free of us, which is no loss for who comes anew
    if (this.#holders++ === 0) this.#rest();
    const lost = this.#renew(run);
    let held = true;
    return {
      lost,
      [Symbol.asyncDispose]: async () => {
        if (!held) return;
        held = false;
        if (--this.#holders === 0 && !this.#undoing) this.#rest();
      },
    };
  }

  /** Nobody renews any more. */
  close(): void {
    this.#holders = 0;
    this.#rest();
  }

  /** The host goes down because we want it: until it is back, or so many milliseconds are over, its silence is no loss. */
  expectAway(ms: number): void {
    this.#awayUntil = this.#clock.monotonic() + ms;
  }

  get #seconds(): number {
    return Math.ceil(this.#ms / 1_000);
  }

  #renew(run: string): Promise<string> {
    if (this.#renewing) return this.#renewing.lost;
    const { promise: lost, resolve } = Promise.withResolvers<string>();
    const renewing = (this.#renewing = { stop: new AbortController(), lost });
    const over = (why: string) => {
      if (this.#renewing === renewing) this.#renewing = undefined;
      resolve(why);
    };
    if (this.#ms > 0) void this.#keepRenewing(run, renewing.stop.signal, over);
    return lost;
  }

  #rest(): void {
    this.#renewing?.stop.abort();
    this.#renewing = undefined;
  }

  async #keepRenewing(run: string, signal: AbortSignal, lost: (why: string) => void): Promise<void> {
    let until = this.#clock.monotonic() + this.#ms;
    let missed = false;
    while (!signal.aborted) {
      try {
        await this.#clock.sleep(this.#ms / 5, signal);
        const asked = this.#clock.monotonic();
        await this.#call(["renew", run, this.#epoch, this.#seconds], signal);
        until = asked + this.#ms;
        if (missed) this.#awayUntil = 0;
        missed = false;
      } catch (error) {
        if (signal.aborted) return;
        missed = true;
        if (error instanceof ChaosError && error.code === "lease-lost") return lost(error.message);
        if (this.#clock.monotonic() > Math.max(until, this.#awayUntil))
          return lost(`${this.#label} could not be reached for a whole lease, and has healed itself`);
      }
    }
  }

  /** To undo may take longer than a lease: it is renewed until the host has nothing of ours any more, or we let go of it. */
  async #beginUndo(run: string, signal: AbortSignal): Promise<void> {
    await this.#take(run, signal);
    this.#undoing = true;
    void this.#renew(run);
  }

  #take(run: string, signal: AbortSignal): Promise<void> {
    this.#taken ??= this.#call(["take", run, this.#epoch, this.#seconds], signal).then(
      () => undefined,
      (error: unknown) => {
        this.#taken = undefined;
        throw error;
      },
    );
    return this.#taken;
  }

  async #call([verb, ...args]: [string, ...(string | number)[]], signal: AbortSignal): Promise<ExecResult> {
    const host = await this.#host(signal);
    const result = await host.exec(runnerArgv(verb, ...args), { root: true, signal });
    if (result.code === lockedOut) {
      throw new ChaosError(
        "lease-lost",
        `${this.#label} has taken its lease back and put itself right: we may not change it any more`,
      );
    }
    return result;
  }
}
