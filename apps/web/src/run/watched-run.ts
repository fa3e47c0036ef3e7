import type { Event } from "@chaos-agents/core";
import { completeReport, RunFold, type RunReport } from "@chaos-agents/report/browser";
import { runPath } from "../api/client.ts";
import { openStream, type StreamState } from "../api/streams/event-stream.ts";

export interface RunView {
  /** Of a run that goes on: its lists grow while it is looked at. */
  report: RunReport | null;
  connection: StreamState;
  ended: boolean;
}

/** A run's events as they come, folded. Comes back where it was cut off: an event is folded once, and none is left out. */
export class WatchedRun {
  readonly #run: string;
  readonly #fold = new RunFold();
  readonly #listeners = new Set<() => void>();
  #seen = 0;
  #view: RunView = { report: null, connection: "connecting", ended: false };
  #timer: ReturnType<typeof setTimeout> | undefined;
  #close: (() => void) | undefined;

  constructor(run: string) {
    this.#run = run;
  }

  follow(): () => void {
    this.#close = openStream({
      path: `${runPath(this.#run)}/events`,
      after: () => this.#seen,
      state: (connection) => this.#show({ connection }),
      on: {
        run: (data) => this.add(data as Event),
        end: (_, close) => {
          close();
          this.#look();
          this.#show({ ended: true });
        },
      },
    });
    return () => {
      this.#close?.();
      clearTimeout(this.#timer);
      this.#timer = undefined;
    };
  }

  add(event: Event): void {
    if (event.seq <= this.#seen) return;
    this.#seen = event.seq;
    this.#fold.add(event);
    this.#timer ??= setTimeout(() => this.#look(), this.#view.report === null ? 0 : this.#pause);
  }

  /** Milliseconds between two looks at the whole: a long run's takes longer to work out, and is looked at less often. */
  #pause = 120;

  #look(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#seen === 0) return;
    const started = performance.now();
    const report = completeReport(this.#fold.state);
    this.#pause = Math.max(120, 60 * (performance.now() - started));
    this.#show({ report });
  }

  #show(change: Partial<RunView>): void {
    this.#view = { ...this.#view, ...change };
    this.#listeners.forEach((listener) => listener());
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  };

  readonly view = (): RunView => this.#view;
}
