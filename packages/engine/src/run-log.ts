import {
  type Clock,
  type Event,
  type EventBody,
  type Redact,
  eventVersion,
  fixedEventKeys,
  redactDeep,
} from "@chaos-agents/core";

export type EventListener = (event: Event) => void;

/** Where a run's events go: a journal, or nowhere but the listeners for a dry run. */
export interface EventSink {
  append(body: EventBody): Promise<Event>;
}

/** Tells listeners of events once the sink has them. */
export class RunLog {
  readonly #sink: EventSink;
  readonly #listeners: readonly EventListener[];
  readonly #run: string;
  readonly #clock: Clock;
  readonly #redact: Redact;
  #seq = 0;
  #undoing = false;
  #unsaved: unknown;

  constructor(
    sink: EventSink,
    run: string,
    parts: { clock: Clock; redact: Redact; listeners: readonly EventListener[] },
  ) {
    this.#sink = sink;
    this.#run = run;
    this.#clock = parts.clock;
    this.#redact = parts.redact;
    this.#listeners = parts.listeners;
  }

  /** From now on a journal that cannot be written to stops nothing: an undo matters more than its event. */
  enterUndo(): void {
    this.#undoing = true;
  }

  /** The first reason why an event could not be saved, or undefined. */
  get unsaved(): unknown {
    return this.#unsaved;
  }

  emit(body: EventBody): Promise<void> {
    return this.commit(body, (one) => this.#sink.append(one));
  }

  /** Emits an event that the sink saves together with something else. */
  async commit(body: EventBody, save: (body: EventBody) => Promise<Event>): Promise<void> {
    let event: Event;
    try {
      event = await save(body);
    } catch (error) {
      if (!this.#undoing) throw error;
      this.#unsaved ??= error;
      const hidden = redactDeep(body, this.#redact, fixedEventKeys);
      event = { v: eventVersion, run: this.#run, seq: this.#seq + 1, at: this.#clock.now(), ...hidden };
    }
    this.tell(event);
  }

  /** Emits where nobody can wait, such as progress; a failure to save surfaces with the next awaited event. */
  emitSoon(body: EventBody): void {
    this.emit(body).catch((error: unknown) => {
      this.#unsaved ??= error;
    });
  }

  tell(event: Event): void {
    this.#seq = Math.max(this.#seq, event.seq);
    for (const listener of this.#listeners) listener(event);
  }
}

/** Numbers events in memory: a dry run leaves nothing on disk. */
export function unsavedSink(run: string, clock: Clock, redact: Redact): EventSink {
  let seq = 0;
  return {
    append: async (body) => {
      const hidden = redactDeep(body, redact, fixedEventKeys);
      return { v: eventVersion, run, seq: ++seq, at: clock.now(), ...hidden };
    },
  };
}
