import { rm } from "node:fs/promises";
import {
  type Catalog,
  type Clock,
  type Event,
  type EventOf,
  type EventType,
  type Experiment,
  findSecrets,
  redactor,
  seededRandom,
  systemClock,
} from "@chaos-agents/core";
import {
  type JournalStore,
  type RecoverRequest,
  type RunOutcome,
  type RunRequest,
  StopSource,
  planExperiment,
  recoverRun,
  runExperiment,
} from "@chaos-agents/engine";
import { openStore } from "@chaos-agents/journal";
import { makeTemporary } from "./temporary.ts";

/** An experiment with everything left out that a test does not speak of. */
export function experimentOf(wanted: Partial<Experiment> & Pick<Experiment, "targets">): Experiment {
  return {
    name: "an experiment of a test",
    tags: [],
    skills: [],
    duration: 60_000,
    parallel: false,
    resourceFilters: [],
    steadyState: [],
    guards: [],
    recoveryDeadline: 60_000,
    ...wanted,
  };
}

/** What any process needs to finish a run: here the experiment stands in the journal as it is. */
export const revive: RecoverRequest["revive"] = async (header) => {
  const experiment = header.source as Experiment;
  return { experiment, redact: redactor(findSecrets(experiment)) };
};

/** The real engine on a real journal in a home of its own, and everything it says of its latest run. */
export class Stage implements AsyncDisposable {
  readonly home: string;
  readonly store: JournalStore;
  readonly catalog: Catalog;
  readonly clock: Clock;
  readonly events: Event[] = [];
  readonly #waiting = new Set<(event: Event) => void>();

  private constructor(home: string, store: JournalStore, catalog: Catalog, clock: Clock) {
    this.home = home;
    this.store = store;
    this.catalog = catalog;
    this.clock = clock;
  }

  static async open(catalog: Catalog, clock: Clock = systemClock): Promise<Stage> {
    const home = await makeTemporary("memory");
    return new Stage(home, openStore(home), catalog, clock);
  }

  async run(experiment: Experiment, more: Partial<RunRequest> = {}): Promise<RunOutcome> {
    this.events.length = 0;
    return await runExperiment({ ...this.#request(experiment), store: this.store, ...more });
  }

  async plan(experiment: Experiment, more: Partial<RunRequest> = {}): Promise<RunOutcome> {
    this.events.length = 0;
    return await planExperiment({ ...this.#request(experiment), ...more });
  }

  async recover(run: string, more: Partial<RecoverRequest> = {}): Promise<RunOutcome> {
    const { catalog, store, clock } = this;
    const listeners = [this.tell];
    return await recoverRun({
      catalog,
      store,
      clock,
      random: seededRandom(1),
      run,
      revive,
      stop: new StopSource(),
      listeners,
      ...more,
    });
  }

  /** The first event of its kind from now on, or one that was there already. */
  async seen<T extends EventType>(type: T, which: (event: EventOf<T>) => boolean = () => true): Promise<EventOf<T>> {
    const fits = (event: Event): event is EventOf<T> => event.type === type && which(event as EventOf<T>);
    const there = this.events.find(fits);
    if (there) return there;
    const { promise, resolve } = Promise.withResolvers<EventOf<T>>();
    const look = (event: Event) => {
      if (fits(event)) resolve(event);
    };
    this.#waiting.add(look);
    const event = await promise;
    this.#waiting.delete(look);
    return event;
  }

  of<T extends EventType>(type: T): EventOf<T>[] {
    return this.events.filter((event): event is EventOf<T> => event.type === type);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.home, { recursive: true, force: true });
  }

  #request(experiment: Experiment): Omit<RunRequest, "store"> {
    return {
      catalog: this.catalog,
      clock: this.clock,
      random: seededRandom(1),
      experiment,
      source: experiment,
      secrets: {},
      redact: redactor(findSecrets(experiment)),
      version: "0.0.0-test",
      stop: new StopSource(),
      listeners: [this.tell],
    };
  }

  /** Takes an event in; for runs that are given listeners of their own. */
  readonly tell = (event: Event): void => {
    this.events.push(event);
    for (const look of this.#waiting) look(event);
  };
}
