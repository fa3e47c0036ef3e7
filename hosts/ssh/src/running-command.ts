import type { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { ChaosError } from "@chaos-agents/core";
import type { ExecOptions } from "@chaos-agents/core";
import type { ClientChannel } from "ssh2";
import { MarkedStream } from "./marked-stream.ts";

export const outputLimit = 8 * 2 ** 20;

/** How a command ended; `code` and `killedBy` are both null when nobody told. */
export interface CommandEnd {
  code: number | null;
  killedBy: string | null;
  stdout: Buffer;
  stderr: Buffer;
}

/** A command in its channel. */
export class RunningCommand {
  /** Resolves when the channel is closed; rejects only when it printed more than is collected. */
  readonly ended: Promise<CommandEnd>;
  readonly closed: Promise<void>;
  readonly #channel: ClientChannel;
  readonly #out: MarkedStream;
  readonly #err: MarkedStream;
  isClosed = false;
  readonly #announced = Promise.withResolvers<void>();

  constructor(channel: ClientChannel, mark: string, onOutput: ExecOptions["onOutput"]) {
    this.#channel = channel;
    this.#out = new MarkedStream(mark);
    this.#err = new MarkedStream(mark);
    const end = Promise.withResolvers<CommandEnd>();
    const closed = Promise.withResolvers<void>();
    this.ended = end.promise;
    this.closed = closed.promise;
    const collected = { stdout: [] as Buffer[], stderr: [] as Buffer[] };
    let size = 0;
    const take = (stream: "stdout" | "stderr", marked: MarkedStream) => (chunk: Buffer) => {
      const own = marked.push(chunk);
      if (marked.session !== undefined) this.#announced.resolve();
      if (own.length === 0) return;
      if (onOutput) return onOutput(own, stream);
      size += own.length;
      if (size <= outputLimit) collected[stream].push(own);
      else end.reject(new ChaosError("internal", `it printed more than ${outputLimit / 2 ** 20} MiB`));
    };
    let code: number | null = null;
    let killedBy: string | null = null;
    channel.on("data", take("stdout", this.#out));
    channel.stderr.on("data", take("stderr", this.#err));
    channel.on("exit", (status: number | null, signal?: string) => {
      code = status;
      killedBy = signal === undefined ? null : `SIG${signal.replace(/^SIG/, "")}`;
    });
    // what goes wrong with its input is told by how it ends
    channel.on("error", () => {});
    channel.on("close", () => {
      end.resolve({
        code,
        killedBy,
        stdout: Buffer.concat(collected.stdout),
        stderr: Buffer.concat(collected.stderr),
      });
      this.#announced.resolve();
      this.isClosed = true;
      closed.resolve();
    });
  }

  /** Its session on the host, once it has begun. */
  get session(): number | undefined {
    return this.#out.session ?? this.#err.session;
  }

  /** Settles when it has begun, or ended without. */
  get announced(): Promise<void> {
    return this.#announced.promise;
  }

  /** What was printed by others before it began. */
  get noise(): string {
    return this.#err.noise + this.#out.noise;
  }

  async feed(first: string, input: string | Uint8Array | Readable | undefined): Promise<void> {
    if (first !== "") this.#channel.write(first);
    if (input === undefined || typeof input === "string" || input instanceof Uint8Array) {
      if (input?.length) this.#channel.end(input);
      else this.#channel.end();
    } else {
      await pipeline(input, this.#channel).catch(() => {});
    }
  }

  close(): void {
    this.#channel.close();
  }
}
