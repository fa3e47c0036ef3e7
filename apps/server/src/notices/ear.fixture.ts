import { once } from "node:events";
import { createServer, type IncomingHttpHeaders, type Server } from "node:http";
import type { AddressInfo } from "node:net";

export interface Heard {
  path: string;
  headers: IncomingHttpHeaders;
  text: string;
  body: any;
}

/** What to answer; `never`: the connection stays open and silent. */
export type Answer = { status: number; headers?: Record<string, string>; body?: string } | "never";

/** A real HTTP server on this machine that hears what receivers are sent. */
export class Ear implements AsyncDisposable {
  /** Every request, whatever it was answered. */
  readonly heard: Heard[] = [];
  /** How the next requests are answered, in turn; afterwards with 200. */
  readonly #answers: Answer[] = [];
  readonly #waiting = new Set<() => void>();
  #server: Server | null = null;
  #port = 0;

  static async open(): Promise<Ear> {
    const ear = new Ear();
    await ear.listen();
    return ear;
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  /** The next so many requests are answered so. */
  answerWith(answer: Answer, times = 1): void {
    for (let i = 0; i < times; i++) this.#answers.push(answer);
  }

  /** On the same port as before, if there was one. */
  async listen(): Promise<void> {
    const server = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on("data", (chunk: Buffer) => chunks.push(chunk));
      request.on("end", () => {
        const text = Buffer.concat(chunks).toString();
        const answer = this.#answers.shift() ?? { status: 200 };
        if (answer !== "never") response.writeHead(answer.status, answer.headers).end(answer.body ?? "ok");
        this.heard.push({ path: request.url!, headers: request.headers, text, body: JSON.parse(text) });
        for (const look of this.#waiting) look();
      });
    });
    server.listen(this.#port, "127.0.0.1");
    await once(server, "listening");
    this.#port = (server.address() as AddressInfo).port;
    this.#server = server;
  }

  /** Nobody listens any more. */
  async close(): Promise<void> {
    const server = this.#server;
    this.#server = null;
    if (!server) return;
    server.close();
    server.closeAllConnections();
    await once(server, "close");
  }

  /** Resolves once so many requests have been heard, with all of them. */
  async heardAtLeast(count: number): Promise<Heard[]> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const look = () => {
      if (this.heard.length >= count) resolve();
    };
    this.#waiting.add(look);
    look();
    await promise;
    this.#waiting.delete(look);
    return this.heard;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}
