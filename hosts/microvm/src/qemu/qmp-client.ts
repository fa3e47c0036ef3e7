import { createConnection, type Socket } from "node:net";
import { createInterface, type Interface } from "node:readline";
import { type Clock, ChaosError } from "@chaos-agents/core";
import { z } from "zod";

const answerSchema = z.union([
  z.looseObject({ return: z.unknown() }),
  z.looseObject({ error: z.looseObject({ class: z.string(), desc: z.string() }) }),
  z.looseObject({ event: z.string() }),
  z.looseObject({ QMP: z.unknown() }),
]);

/** Connects to a unix socket as soon as somebody listens there. */
export async function connectWhenThere(path: string, clock: Clock, signal: AbortSignal): Promise<Socket> {
  for (;;) {
    signal.throwIfAborted();
    const socket = createConnection(path);
    const connected = await new Promise<boolean>((resolve) => {
      socket.once("connect", () => resolve(true));
      socket.once("error", () => resolve(false));
    });
    if (connected) {
      socket.on("error", () => {});
      return socket;
    }
    await clock.sleep(10, signal);
  }
}

/** QEMU's way to be told what to do: one line of JSON there, one back. Commands are answered in their order. */
export class QmpClient implements Disposable {
  readonly #socket: Socket;
  readonly #lines: Interface;
  readonly #waiting: PromiseWithResolvers<unknown>[] = [];
  #over = false;

  private constructor(socket: Socket) {
    this.#socket = socket;
    this.#lines = createInterface({ input: socket });
    // Its end comes through the socket.
    this.#lines.on("error", () => {});
    this.#lines.on("line", (line) => this.#heard(line));
    socket.once("close", () => {
      this.#over = true;
      for (const one of this.#waiting.splice(0)) one.reject(this.#gone());
    });
  }

  static async open(path: string, clock: Clock, signal: AbortSignal): Promise<QmpClient> {
    const client = new QmpClient(await connectWhenThere(path, clock, signal));
    try {
      await client.execute("qmp_capabilities", {}, signal);
      return client;
    } catch (error) {
      client[Symbol.dispose]();
      throw error;
    }
  }

  async execute(command: string, args: Record<string, unknown>, signal: AbortSignal): Promise<unknown> {
    signal.throwIfAborted();
    if (this.#over) throw this.#gone();
    const answer = Promise.withResolvers<unknown>();
    this.#waiting.push(answer);
    this.#socket.write(`${JSON.stringify({ execute: command, arguments: args })}\n`);
    const aborted = () => answer.reject(signal.reason as Error);
    signal.addEventListener("abort", aborted, { once: true });
    try {
      return await answer.promise;
    } finally {
      signal.removeEventListener("abort", aborted);
    }
  }

  [Symbol.dispose](): void {
    this.#lines.close();
    this.#socket.destroy();
  }

  #heard(line: string): void {
    const answer = answerSchema.parse(JSON.parse(line));
    if ("return" in answer) this.#waiting.shift()?.resolve(answer.return);
    else if ("error" in answer) {
      const { class: kind, desc } = answer.error as { class: string; desc: string };
      this.#waiting.shift()?.reject(new ChaosError("internal", `QEMU refuses: ${desc}`, { facts: { kind } }));
    }
  }

  #gone = () => new ChaosError("target-unreachable", "QEMU has ended");
}
