import { fork } from "node:child_process";
import { once } from "node:events";
import { ChaosError, describeError } from "@chaos-agents/core";

/** A process of ours that speaks in typed messages, and ends by itself when we are gone. */
export interface Child<In extends { type: string }, Out extends { type: string }> extends AsyncDisposable {
  readonly pid: number;
  send(message: In): void;
  /** Resolves with the next message of that type; rejects when the process says `failed`, or ends before. */
  next<T extends Out["type"]>(type: T): Promise<Extract<Out, { type: T }>>;
  listen(listener: (message: Out) => void): () => void;
}

export interface Failed {
  type: "failed";
  message: string;
}

/** Starts `module` as a process of its own group: a Ctrl-C on the terminal is ours to handle, not its end. */
export function startChild<In extends { type: string }, Out extends { type: string }>(
  module: URL,
  what: string,
): Child<In, Out | Failed> {
  const child = fork(module, { detached: true, execArgv: [], stdio: ["ignore", "ignore", "inherit", "ipc"] });
  const ended = once(child, "exit").then(
    ([code, signal]) => `${what} ended ${signal ? `by ${signal}` : `with exit code ${code}`}`,
    (error: unknown) => `${what} cannot be started: ${describeError(error)}`,
  );
  const listeners = new Set<(message: Out | Failed) => void>();
  child.on("message", (message: Out | Failed) => listeners.forEach((listener) => listener(message)));
  const listen = (listener: (message: Out | Failed) => void) => {
    listeners.add(listener);
    return () => listeners.delete(listener);
  };
  return {
    pid: child.pid!,
    listen,
    send(message) {
      if (child.connected) child.send(message);
    },
    async next(type) {
      const { promise, resolve, reject } = Promise.withResolvers<any>();
      const stop = listen((message) => {
        if (message.type === type) resolve(message);
        else if (message.type === "failed")
          reject(new ChaosError("internal", `${what}: ${(message as Failed).message}`));
      });
      void ended.then((how) => reject(new ChaosError("internal", how)));
      return promise.finally(stop);
    },
    async [Symbol.asyncDispose]() {
      if (child.connected) child.disconnect();
      await ended;
    },
  };
}
