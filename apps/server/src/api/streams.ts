import type { ServerResponse } from "node:http";
import type { FastifyReply, FastifyRequest } from "fastify";
import { z } from "zod";
import { type Routes, answered } from "./routes.ts";
import type { ControlRoom } from "../control-room.ts";
import { type Job, type Run, runIdShape } from "./shapes.ts";

const beatMs = 15_000;

export const streamRoutes: Routes = (app, room) => {
  const { store, feed, desk, news, index } = room;

  app.get(
    "/runs/:run/events",
    {
      config: { rateLimit: false },
      schema: {
        summary: "A run's events, and each new one as soon as it is on disk",
        description:
          "`id` is the event's seq; after a lost connection it goes on from there. `event: end` when the run has ended.",
        tags: ["runs"],
        params: z.object({ run: runIdShape }),
        querystring: z.object({ after: z.coerce.number().int().min(0).optional() }),
        response: answered("text/event-stream", "Server-sent events"),
      },
    },
    async (request, reply) => {
      const { run } = request.params;
      const waits = !(await store.names()).includes(run);
      if (waits) desk.making(run);
      const after = request.query.after ?? lastSeen(request);
      await using stream = open(request, reply);
      if (waits) await begun(run, room, stream.signal);
      if ((await store.names()).includes(run)) {
        for await (const event of feed.follow(run, after, stream.signal))
          await stream.write(`id: ${event.seq}\nevent: run\ndata: ${JSON.stringify(event)}\n\n`);
      }
      if (!stream.signal.aborted) await stream.write("event: end\ndata: {}\n\n");
    },
  );

  app.get(
    "/events",
    {
      config: { rateLimit: false },
      schema: {
        summary: "What changes: runs, jobs, halts; first what is",
        tags: ["room"],
        response: answered("text/event-stream", "Server-sent events"),
      },
    },
    async (request, reply) => {
      await using stream = open(request, reply);
      const tell = (name: string) => (data: unknown) =>
        void stream.write(`event: ${name}\ndata: ${JSON.stringify(data)}\n\n`);
      const listeners = { run: tell("run"), job: tell("job"), halt: tell("halt") };
      for (const name of ["run", "job", "halt"] as const) news.on(name, listeners[name]);
      listeners.halt(await store.lever.read());
      for (const run of index.page({ state: "live", limit: 200 }).runs) listeners.run(run);
      for (const job of desk.open()) listeners.job(job);
      await new Promise<void>((resolve) => stream.signal.addEventListener("abort", () => resolve(), { once: true }));
      for (const name of ["run", "job", "halt"] as const) news.off(name, listeners[name]);
    },
  );
};

/** A run that was asked for has its id before it has a journal. Resolves, too, when it never will. */
async function begun(run: string, { store, news }: ControlRoom, signal: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const onRun = (one: Run) => one.run === run && resolve();
  const onJob = (job: Job) => job.run === run && job.endedAt !== null && resolve();
  signal.addEventListener("abort", () => resolve(), { once: true });
  news.on("run", onRun).on("job", onJob);
  // it may have come in the moment before
  if (!(await store.names()).includes(run)) await promise;
  news.off("run", onRun).off("job", onJob);
}

function lastSeen({ headers }: FastifyRequest): number {
  const id = Number(headers["last-event-id"] ?? 0);
  return Number.isSafeInteger(id) && id >= 0 ? id : 0;
}

/** An answer that goes on: a beat now and then tells both sides that the other is there. */
function open(request: FastifyRequest, reply: FastifyReply) {
  reply.hijack();
  const out: ServerResponse = reply.raw;
  for (const [name, value] of Object.entries(reply.getHeaders())) if (value !== undefined) out.setHeader(name, value);
  out.writeHead(200, { "content-type": "text/event-stream", "cache-control": "no-store", "x-accel-buffering": "no" });
  out.write("retry: 1000\n\n");
  const gone = new AbortController();
  const beat = setInterval(() => out.write(": \n\n"), beatMs);
  const left = () => {
    clearInterval(beat);
    gone.abort();
  };
  out.once("close", left);
  request.server.closing.addEventListener("abort", () => out.destroy(), { once: true, signal: gone.signal });
  return {
    signal: gone.signal,
    /** Waits for a reader that is slow. */
    async write(text: string): Promise<void> {
      if (out.write(text) || gone.signal.aborted) return;
      await new Promise<void>((resolve) => {
        out.once("drain", resolve);
        gone.signal.addEventListener("abort", () => resolve(), { once: true });
      });
    },
    [Symbol.asyncDispose]: async () => void out.end(),
  };
}

declare module "fastify" {
  interface FastifyInstance {
    /** Aborted when the room closes. */
    closing: AbortSignal;
  }
}
