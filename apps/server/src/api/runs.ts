import { ChaosError, verdictSchema } from "@chaos-agents/core";
import { foldRun, renderHtml, renderJson, renderJunit } from "@chaos-agents/report";
import { z } from "zod";
import { recovery } from "../jobs/job-desk.ts";
import { type Routes, answered, record } from "./routes.ts";
import { jobShape, runIdShape, runShape } from "./shapes.ts";

const params = z.object({ run: runIdShape });

export const runRoutes: Routes = (app, room) => {
  const { store, index, desk, clock } = room;

  app.get(
    "/runs",
    {
      schema: {
        summary: "This machine's runs, newest first, whoever started them",
        tags: ["runs"],
        querystring: z.object({
          q: z.string().max(200).optional().meta({ description: "In the experiment's name, the file or the id" }),
          verdict: verdictSchema.optional(),
          state: z.enum(["live", "ended", "open"]).optional().meta({ description: "open: something is left to undo" }),
          limit: z.coerce.number().int().min(1).max(200).default(50),
          before: z.string().max(200).optional().meta({ description: "next of the page before" }),
        }),
        response: { 200: z.object({ runs: z.array(runShape), next: z.string().nullable(), total: z.int() }) },
      },
    },
    async ({ query }) => index.page(query),
  );

  app.get(
    "/runs/:run",
    { schema: { summary: "One run", tags: ["runs"], params, response: { 200: runShape } } },
    async ({ params: { run } }) => await store.summary(run),
  );

  app.get(
    "/runs/:run/report",
    {
      schema: {
        summary: "Its report, folded from its events: as far as it has come",
        tags: ["runs"],
        params,
        response: { 200: z.record(z.string(), z.unknown()) },
      },
    },
    async ({ params: { run } }) => ({ ...foldRun(await Array.fromAsync(store.events(run))) }),
  );

  const files = {
    "report.html": { type: "text/html; charset=utf-8", render: renderHtml },
    "report.json": { type: "application/json", render: renderJson },
    "junit.xml": { type: "application/xml", render: renderJunit },
  } as const;
  for (const [name, { type, render }] of Object.entries(files)) {
    app.get(
      `/runs/:run/${name}`,
      { schema: { summary: `The report as ${name}`, tags: ["runs"], params, response: answered(type, name) } },
      async ({ params: { run } }, reply) => {
        const text = render(foldRun(await Array.fromAsync(store.events(run))));
        return reply.type(type).header("content-disposition", `attachment; filename="${run}-${name}"`).send(text);
      },
    );
  }

  app.get(
    "/runs/:run/events.ndjson",
    {
      schema: {
        summary: "Every event, one JSON object a line",
        tags: ["runs"],
        params,
        response: answered("application/x-ndjson", "Events in their order"),
      },
    },
    async ({ params: { run } }, reply) => {
      const lines = (await Array.fromAsync(store.events(run))).map((event) => `${JSON.stringify(event)}\n`);
      const disposition = `attachment; filename="${run}-events.ndjson"`;
      return reply.type("application/x-ndjson").header("content-disposition", disposition).send(lines.join(""));
    },
  );

  app.post(
    "/runs/:run/stop",
    {
      schema: {
        summary: "Stop it, whichever process it is: it undoes everything and ends",
        tags: ["safety"],
        params,
        body: z
          .object({ reason: z.string().trim().min(1).max(500).default("no reason given") })
          .default({ reason: "no reason given" }),
        response: { 202: z.object({ run: z.string() }) },
      },
    },
    async (request, reply) => {
      const { run } = request.params;
      const { reason } = request.body;
      if (!(await store.names()).includes(run)) {
        const { id } = desk.making(run);
        record(room, request, "stop", run, reason);
        await desk.cancel(id, { by: request.who, reason });
        return reply.code(202).send({ run });
      }
      const summary = await store.summary(run);
      record(room, request, "stop", run, reason);
      if (!summary.live) {
        throw new ChaosError("usage", `run ${run} has ended`, {
          remedy: summary.pending > 0 ? "recover it: something is left to undo" : "there is nothing to stop",
        });
      }
      await store.leverOf(run).halt({ at: clock.now(), by: request.who, reason });
      return reply.code(202).send({ run });
    },
  );

  app.post(
    "/runs/:run/recover",
    {
      schema: {
        summary: "Undo what it left behind",
        tags: ["safety"],
        params,
        body: z
          .object({ moved: z.boolean().default(false).meta({ description: "Even where a target is another one now" }) })
          .default({ moved: false }),
        response: { 202: z.object({ job: jobShape }) },
      },
    },
    async (request, reply) => {
      const { run } = request.params;
      const { live } = await store.summary(run);
      if (live)
        throw new ChaosError("run-locked", `run ${run} goes on: it undoes everything itself`, { remedy: "stop it" });
      record(room, request, "recover", run);
      const [job] = await desk.submit([recovery(run, request.who, request.body.moved)]);
      return reply.code(202).send({ job: job! });
    },
  );
};
