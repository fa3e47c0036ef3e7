import { ChaosError } from "@chaos-agents/core";

interface Call {
  write(): unknown;
  resolve(value: any): void;
  reject(error: unknown): void;
}

/** Calls of one turn of the event loop share one transaction, and so one sync, in the order they were made. */
export class GroupCommit {
  #calls: Call[] = [];
  readonly #commit: (writes: () => void) => void;

  /** `commit` runs the writes in a transaction, and throws when none of them is on disk. */
  constructor(commit: (writes: () => void) => void) {
    this.#commit = commit;
  }

  /** A write that throws a `ChaosError` has written nothing, and fails alone; any other error fails its whole group. */
  submit<T>(write: () => T): Promise<T> {
    const { promise, resolve, reject } = Promise.withResolvers<T>();
    this.#calls.push({ write, resolve, reject });
    if (this.#calls.length === 1) setImmediate(() => this.flush());
    return promise;
  }

  flush(): void {
    const calls = this.#calls;
    if (calls.length === 0) return;
    this.#calls = [];
    const outcomes: (() => void)[] = [];
    try {
      this.#commit(() => {
        for (const call of calls) outcomes.push(attempt(call));
      });
    } catch (error) {
      for (const call of calls) call.reject(error);
      return;
    }
    for (const tell of outcomes) tell();
  }
}

function attempt(call: Call): () => void {
  try {
    const value = call.write();
    return () => call.resolve(value);
  } catch (error) {
    if (!(error instanceof ChaosError)) throw error;
    return () => call.reject(error);
  }
}
