import type { ServerResponse } from "node:http";
import type { FastifyReply, FastifyRequest } from "fastify";
import { z } from "zod";
import type { Routes } from "./routes.ts";
import { runIdShape } from "./shapes.ts";

const beatMs = 15_000;
const description = "Server-sent events";

export const streamRoutes: Routes = (app, { store, feed, desk, news, index }) => {
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
        produces: ["text/event-stream"],
        response: { 200: z.string().meta({ description }) },
      },
    },
    async (request, reply) => {
      const { run } = request.params;
      await store.summary(run);
      const after = request.query.after ?? lastSeen(request);
      const stream = open(request, reply);
      for await (const event of feed.follow(run, after, stream.signal)) {
        await stream.write(`id: ${event.seq}\nevent: run\ndata: ${JSON.stringify(event)}\n\n`);
      }
      if (!stream.signal.aborted) await stream.write("event: end\ndata: {}\n\n");
      stream.end();
    },
  );

  app.get(
    "/events",
    {
      config: { rateLimit: false },
      schema: {
        summary: "What changes: runs, jobs, halts; first what is",
        tags: ["room"],
        produces: ["text/event-stream"],
        response: { 200: z.string().meta({ description }) },
      },
    },
    async (request, reply) => {
      const stream = open(request, reply);
      const tell = (name: string) => (data: unknown) =>
        void stream.write(`event: ${name}\ndata: ${JSON.stringify(data)}\n\n`);
      const listeners = { run: tell("run"), job: tell("job"), halt: tell("halt") };
      for (const name of ["run", "job", "halt"] as const) news.on(name, listeners[name]);
      listeners.halt(await store.lever.read());
      for (const run of index.page({ state: "live", limit: 200 }).runs) listeners.run(run);
      for (const job of desk.open()) listeners.job(job);
      await new Promise<void>((resolve) => stream.signal.addEventListener("abort", () => resolve(), { once: true }));
      for (const name of ["run", "job", "halt"] as const) news.off(name, listeners[name]);
      stream.end();
    },
  );
};

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
  request.server.closing.addEventListener("abort", () => out.destroy(), { once: true });
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
    end: () => void out.end(),
  };
}

declare module "fastify" {
  interface FastifyInstance {
    /** Aborted when the room closes. */
    closing: AbortSignal;
  }
}
