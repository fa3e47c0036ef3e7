import {
  type Clock,
  type Catalog,
  ChaosError,
  type Experiment,
  type GuardUse,
  type OpenProbe,
  type ProbeAnswer,
  type ProbeUse,
  type ProbeWhen,
  type SteadyStateUse,
  describeError,
  formatDuration,
  parseExpectation,
} from "@chaos-agents/core";
import { withDeadline } from "./deadline.ts";

/** Finds a probe kind, whoever brings it. */
export function probeKind(catalog: Catalog, kind: string) {
  const found = [...catalog.probes, ...catalog.agents.flatMap((agent) => agent.probes)].find((p) => p.kind === kind);
  if (!found) throw new ChaosError("invalid-file", `there is no probe of type "${kind}"`);
  return found;
}

interface Desk<Use extends ProbeUse> {
  use: Use;
  open: Promise<OpenProbe> | undefined;
}

/** The probes of one experiment, opened once, asked many times, each answer timed and held against its tolerance. */
export class ProbeDesk implements AsyncDisposable {
  readonly #catalog: Catalog;
  readonly #experiment: Experiment;
  readonly #clock: Clock;
  readonly #closing = new AbortController();
  readonly #steady: Desk<SteadyStateUse>[];
  readonly #guards: Desk<GuardUse>[];

  constructor(catalog: Catalog, experiment: Experiment, clock: Clock) {
    this.#catalog = catalog;
    this.#experiment = experiment;
    this.#clock = clock;
    this.#steady = experiment.steadyState.map((use) => ({ use, open: undefined }));
    this.#guards = experiment.guards.map((use) => ({ use, open: undefined }));
  }

  /** Asks every steady-state probe that counts at this time once, side by side. */
  async ask(when: ProbeWhen, signal: AbortSignal): Promise<ProbeAnswer[]> {
    return await Promise.all(
      this.#steady.filter(({ use }) => use.when.includes(when)).map((desk) => this.#measure(desk, signal)),
    );
  }

  async askGuards(signal: AbortSignal): Promise<ProbeAnswer[]> {
    return await Promise.all(this.#guards.map((desk) => this.#measure(desk, signal)));
  }

  /** Asks every steady-state probe at its own pace until `signal` is aborted. */
  async watchSteadyState(
    signal: AbortSignal,
    onAnswer: (answer: ProbeAnswer, use: SteadyStateUse) => void,
  ): Promise<void> {
    await Promise.all(this.#steady.map((desk) => this.#watch(desk, signal, (answer) => onAnswer(answer, desk.use))));
  }

  /** Asks every guard at its own pace until `signal` is aborted; `onTrip` is called once it was bad for long enough. */
  async watchGuards(
    signal: AbortSignal,
    onAnswer: (answer: ProbeAnswer) => void,
    onTrip: (guard: GuardUse, answer: ProbeAnswer) => void,
  ): Promise<void> {
    await Promise.all(
      this.#guards.map(async (desk) => {
        let badSince: number | undefined;
        await this.#watch(desk, signal, (answer) => {
          onAnswer(answer);
          if (answer.ok) badSince = undefined;
          else {
            badSince ??= this.#clock.monotonic();
            if (this.#clock.monotonic() - badSince >= desk.use.for) onTrip(desk.use, answer);
          }
        });
      }),
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closing.abort();
    const closing = [...this.#steady, ...this.#guards].map(async ({ open }) => (await open)?.[Symbol.asyncDispose]());
    await withDeadline("closing probes", 5_000, [], () => Promise.allSettled(closing)).catch(() => undefined);
  }

  async #watch<Use extends ProbeUse>(
    desk: Desk<Use>,
    signal: AbortSignal,
    onAnswer: (answer: ProbeAnswer) => void,
  ): Promise<void> {
    let due = this.#clock.monotonic();
    while (!signal.aborted) {
      const answer = await this.#measure(desk, signal);
      if (signal.aborted) return;
      onAnswer(answer);
      due = Math.max(due + desk.use.every, this.#clock.monotonic());
      await this.#clock.sleep(due - this.#clock.monotonic(), signal).catch(() => undefined);
    }
  }

  async #measure<Use extends ProbeUse>(desk: Desk<Use>, signal: AbortSignal): Promise<ProbeAnswer> {
    const { use } = desk;
    let started = this.#clock.monotonic();
    const missing = (detail: string): ProbeAnswer => ({
      probe: use.name,
      ok: false,
      value: null,
      latencyMs: null,
      detail,
    });
    try {
      return await withDeadline(
        `probe "${use.name}"`,
        use.timeout,
        [signal, this.#closing.signal],
        async (patience) => {
          const probe = await this.#opened(desk);
          started = this.#clock.monotonic();
          const measured = await probe.measure(patience);
          const latencyMs = this.#clock.monotonic() - started;
          const why = outsideTolerance(use, measured.value, latencyMs);
          return {
            probe: use.name,
            ok: measured.ok && why === undefined,
            value: measured.value,
            latencyMs,
            detail: why ? `${measured.detail}; ${why}` : measured.detail,
          };
        },
      );
    } catch (error) {
      return missing(describeError(error));
    }
  }

  /** Opened once, however many ask at the same time; one that could not be opened is tried again. */
  #opened<Use extends ProbeUse>(desk: Desk<Use>): Promise<OpenProbe> {
    const { use } = desk;
    desk.open ??= probeKind(this.#catalog, use.kind)
      .open(use.params, { signal: this.#closing.signal, targetConfig: this.#targetConfig(use) })
      .catch((error: unknown) => {
        desk.open = undefined;
        throw error;
      });
    return desk.open;
  }

  #targetConfig(use: ProbeUse): unknown {
    const { targets } = this.#experiment;
    if (use.target !== undefined) return targets[use.target]?.config;
    const all = Object.values(targets);
    return all.length === 1 ? all[0]!.config : undefined;
  }
}

function outsideTolerance(use: ProbeUse, value: number | string | null, latencyMs: number): string | undefined {
  if (use.expect !== undefined) {
    const expectation = parseExpectation(use.expect);
    if (typeof expectation === "string") return expectation;
    if (!expectation.accepts(value)) return `${value ?? "no value"} is not ${expectation.text}`;
  }
  if (use.maxLatency !== undefined && latencyMs > use.maxLatency) {
    return `took ${formatDuration(latencyMs)}, more than ${formatDuration(use.maxLatency)}`;
  }
  return undefined;
}
