import { hostname } from "node:os";
import { type Clock, type Event, type Redact, describeError, redactor } from "@chaos-agents/core";
import { Courier, keepTryingMs, type NoticeLog } from "./courier.ts";
import type { NoticeSettings } from "./notice-settings.ts";
import type { Notice } from "./notice.ts";
import { Outbox } from "./outbox.ts";
import { receiversOf } from "./receivers/index.ts";
import { remember, type RunMemory } from "./run-memory.ts";
import { noticed, writeCutOff, writeNotice } from "./write-notice.ts";

export interface NoticesOptions {
  clock: Clock;
  notices: NoticeSettings;
  /** Where notices wait, in `notices.db`. */
  folder: string;
  log: NoticeLog;
}

interface ToldRun {
  run: string;
  experiment: string;
  file: string | null;
}

const rememberedMs = 30 * 24 * 3_600_000;

/**
 * Tells other systems what runs do. Each event is told once to each receiver, in the run's order, and again only where we
 * were killed between a delivery and writing down that it was made. Neither method waits for anybody or throws.
 */
export class Notices implements AsyncDisposable {
  readonly #clock: Clock;
  readonly #outbox: Outbox;
  readonly #couriers: readonly Courier[];
  readonly #log: NoticeLog;
  readonly #redact: Redact;
  readonly #publicUrl: string | null;
  readonly #host = hostname();

  constructor({ clock, notices, folder, log }: NoticesOptions) {
    const receivers = receiversOf(notices);
    const redact = redactor(receivers.flatMap(({ secrets }) => secrets));
    const outbox = new Outbox(folder);
    outbox.dropOthers(
      receivers.map(({ name }) => name),
      clock.now() - keepTryingMs,
    );
    this.#clock = clock;
    this.#outbox = outbox;
    this.#log = log;
    this.#redact = redact;
    this.#publicUrl = notices.publicUrl;
    this.#couriers = receivers.map((receiver) => new Courier({ receiver, outbox, clock, log, redact }));
  }

  /** Who is told. */
  get names(): string[] {
    return this.#couriers.map(({ name }) => name);
  }

  event(event: Event, run: ToldRun): void {
    if (!noticed.has(event.type)) return;
    this.#tell(run, (memory) =>
      event.seq <= memory.seq
        ? null
        : { memory: remember(memory, event), notice: writeNotice(event, memory, this.#source(run)) },
    );
  }

  /** The run's process is gone without an end; `pending` changes are not put back. Told once, until it is recovered. */
  cutOff({ pending, ...run }: ToldRun & { pending: number }): void {
    this.#tell(run, (memory) =>
      memory.cutOff
        ? null
        : {
            memory: { ...memory, cutOff: true, critical: memory.critical || pending > 0 },
            notice: writeCutOff(pending, this.#clock.now(), memory, this.#source(run)),
          },
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#couriers.map((courier) => courier[Symbol.asyncDispose]()));
    this.#outbox[Symbol.dispose]();
  }

  #tell({ run }: ToldRun, write: (memory: RunMemory) => { memory: RunMemory; notice: Notice | null } | null): void {
    if (this.#couriers.length === 0) return;
    try {
      this.#outbox.forget(this.#clock.now() - rememberedMs);
      const told = write(this.#outbox.memory(run));
      if (!told) return;
      const { memory, notice } = told;
      const takers = this.#couriers.filter(({ receiver }) => notice !== null && receiver.wants(notice));
      this.#outbox.put(
        run,
        memory,
        this.#clock.now(),
        notice,
        takers.map(({ name }) => name),
      );
      for (const courier of takers) courier.wake();
    } catch (error) {
      this.#log(this.#redact(`a notice of run ${run} cannot be kept: ${describeError(error)}`));
    }
  }

  #source({ run, experiment, file }: ToldRun) {
    return { run, experiment, file, host: this.#host, publicUrl: this.#publicUrl };
  }
}
