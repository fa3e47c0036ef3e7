import type { Catalog, Clock, Experiment, Target } from "@chaos-agents/core";
import { withDeadline } from "./deadline.ts";
import { type KnownTargets, expectSame } from "./identity.ts";
import { agentFor, markOf } from "./planning.ts";

const connectDeadline = 30_000;

/** The targets of one run, each connected when it is first asked for; one that could not be reached is tried again. */
export class TargetPool implements AsyncDisposable {
  readonly #catalog: Catalog;
  readonly #experiment: Experiment;
  readonly #run: string;
  readonly #clock: Clock;
  readonly #known: KnownTargets;
  readonly #open = new Map<string, Promise<Target>>();

  /** `known`: what the targets have to be; any when left out. */
  constructor(catalog: Catalog, experiment: Experiment, run: string, clock: Clock, known: KnownTargets = new Map()) {
    this.#catalog = catalog;
    this.#experiment = experiment;
    this.#run = run;
    this.#clock = clock;
    this.#known = known;
  }

  get(name: string, signals: readonly AbortSignal[] = []): Promise<Target> {
    let target = this.#open.get(name);
    if (!target) {
      target = this.#connect(name, signals);
      this.#open.set(name, target);
      target.catch(() => this.#open.delete(name));
    }
    return target;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closing = [...this.#open.values()].map(async (target) => (await target)[Symbol.asyncDispose]());
    await withDeadline("closing connections", 5_000, [], () => Promise.allSettled(closing)).catch(() => undefined);
  }

  async #connect(name: string, signals: readonly AbortSignal[]): Promise<Target> {
    const { kind, config } = this.#experiment.targets[name]!;
    const agent = agentFor(this.#catalog, kind);
    const target = await withDeadline(`connecting to ${name}`, connectDeadline, signals, (signal) =>
      agent.connect(config, { mark: markOf(this.#run), signal, clock: this.#clock }),
    );
    try {
      expectSame(target, name, this.#known, this.#run);
    } catch (error) {
      await target[Symbol.asyncDispose]();
      throw error;
    }
    return target;
  }
}
