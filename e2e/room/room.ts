import type { Event } from "@chaos-agents/core";
import { Playground, type Started } from "../cli/chaos.ts";

export interface Answer<Body = any> {
  status: number;
  headers: Headers;
  body: Body;
}

/** `chaos server` as a user starts it, on a port of its own. */
export class Room implements AsyncDisposable {
  readonly playground: Playground;
  process: Started;
  url = "";
  token = "";
  readonly #words: readonly string[];

  private constructor(playground: Playground, words: readonly string[]) {
    this.playground = playground;
    this.#words = words;
    this.process = this.#start();
  }

  /** Takes the playground over. */
  static async open(playground: Playground, words: readonly string[] = []): Promise<Room> {
    const room = new Room(playground, words);
    await room.#listening();
    return room;
  }

  /** As after a power cut of the room alone: its runs go on. */
  async kill(): Promise<void> {
    this.process.kill("SIGKILL");
    await this.process.ended;
  }

  async restart(): Promise<void> {
    this.process = this.#start();
    await this.#listening();
  }

  async ask<Body = any>(
    method: string,
    path: string,
    body?: unknown,
    headers: Record<string, string> = {},
  ): Promise<Answer<Body>> {
    const answer = await fetch(`${this.url}${/^\/(?:api|metrics)/.test(path) ? "" : "/api/v1"}${path}`, {
      method,
      headers: {
        authorization: `Bearer ${this.token}`,
        ...(body === undefined ? {} : { "content-type": "application/json" }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: typeof body === "string" ? body : JSON.stringify(body) }),
      redirect: "manual",
    });
    const text = await answer.text();
    const isJson = answer.headers.get("content-type")?.startsWith("application/json") ?? false;
    return { status: answer.status, headers: answer.headers, body: isJson && text ? JSON.parse(text) : (text as any) };
  }

  /** What was asked for, once it has ended. */
  async ended(job: { id: string }): Promise<any> {
    // the first that is told is how everything stands
    for await (const _ of this.stream("/events", /./)) {
      const { body } = await this.ask("GET", `/jobs/${job.id}`);
      if (body.endedAt !== null) return body;
    }
    throw new Error(`job ${job.id} never ended`);
  }

  /** The events of a run from `after` on, until it ends; fewer where whoever reads them leaves. */
  events(run: string, after = 0): AsyncGenerator<Event> {
    return this.stream(`/runs/${run}/events?after=${after}`, "run") as AsyncGenerator<Event>;
  }

  /** What a stream of the room says under a name. */
  async *stream(path: string, name: string | RegExp): AsyncGenerator<any> {
    const left = new AbortController();
    const answer = await fetch(`${this.url}/api/v1${path}`, {
      headers: { authorization: `Bearer ${this.token}` },
      signal: left.signal,
    });
    if (!answer.ok) throw new Error(`${path} was answered with ${answer.status}: ${await answer.text()}`);
    let rest = "";
    try {
      for await (const chunk of answer.body!.pipeThrough(
        new TextDecoderStream() as any,
      ) as unknown as AsyncIterable<string>) {
        const blocks = (rest + chunk).split("\n\n");
        rest = blocks.pop()!;
        for (const block of blocks) {
          const said = (field: string) => new RegExp(`^${field}: (.*)$`, "m").exec(block)?.[1];
          if (said("event") === "end") return;
          const event = said("event") ?? "";
          if (typeof name === "string" ? event === name : name.test(event)) yield JSON.parse(said("data")!);
        }
      }
    } finally {
      left.abort();
    }
  }

  #start(): Started {
    return this.playground.start(["server", "--port", "0", ...this.#words]);
  }

  async #listening(): Promise<void> {
    const line = await this.process.printed(/Control room: (\S+)\/\?token=(\S+)\n/);
    this.url = line[1]!;
    this.token = line[2]!;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.playground[Symbol.asyncDispose]();
  }
}
