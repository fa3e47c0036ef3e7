import { ChaosError, type Event } from "@chaos-agents/core";
import { newRunId, planDigest } from "@chaos-agents/engine";
import { RunFold } from "@chaos-agents/report";
import { z } from "zod";
import type { JobOrder } from "../jobs/job-desk.ts";
import { readSource } from "./experiments.ts";
import { type Routes, record } from "./routes.ts";
import { type Job, type Result, jobShape, jobStates, resultShape, sourceShape } from "./shapes.ts";

const oneJob = z.object({ job: jobShape });
const idParams = z.object({ id: z.string().max(100) });

/** What is done with a file's targets: each is one command of ours with the file on its standard input. */
const works = {
  "dry-run": {
    summary: "Exactly what would be touched, and how it is put back",
    words: ["run", "-", "--dry-run", "--json"],
  },
  discover: { summary: "What is there on a file's targets", words: ["discover", "-", "--json"] },
  doctor: {
    summary: "Anything of ours on a file's targets, whatever the journal says",
    words: ["doctor", "-", "--json"],
  },
  sweep: {
    summary: "Where the journal is lost: removes what doctor can see of ours from a file's targets",
    words: ["recover", "--sweep", "-"],
  },
} as const;

export const jobRoutes: Routes = (app, room) => {
  const { desk } = room;

  for (const [kind, { summary, words }] of Object.entries(works)) {
    app.post(
      `/${kind}`,
      { schema: { summary, tags: ["experiments"], body: sourceShape, response: { 202: oneJob } } },
      async (request, reply) => {
        const { text, file, names } = await readSource(room, request.body);
        const only = request.body.experiment === undefined || kind !== "dry-run" ? [] : ["--only", names[0]!];
        record(room, request, kind, file ?? names.join(", "));
        const [job] = await desk.submit([
          {
            kind: kind as Job["kind"],
            title: names.join(", "),
            file,
            by: request.who,
            words: [...words, ...only],
            text,
            run: null,
          },
        ]);
        return reply.code(202).send({ job: job! });
      },
    );
  }

  app.post(
    "/runs",
    {
      schema: {
        summary: "Run a file's experiments, one after the other; each has its run's id at once",
        tags: ["runs"],
        body: sourceShape.and(
          z.object({
            seed: z.int().min(0).max(0xffffffff).optional().meta({ description: "Repeats what was chosen by chance" }),
            approved: z
              .string()
              .regex(/^[0-9a-f]{64}$/)
              .optional()
              .meta({ description: "The digest of a dry run's plan: any other plan is refused" }),
          }),
        ),
        response: { 202: z.object({ jobs: z.array(jobShape) }) },
      },
    },
    async (request, reply) => {
      const { seed, approved } = request.body;
      const { text, file, names } = await readSource(room, request.body);
      const halted = await room.store.lever.read();
      if (halted) {
        throw new ChaosError(
          "halted",
          `new runs are blocked since ${halted.by} halted this machine: ${halted.reason}`,
          {
            remedy: "resume when it is safe again",
          },
        );
      }
      const orders = names.map((name): JobOrder => {
        const run = newRunId(room.clock.now());
        const words = ["run", "-", "--yes", "--json", "--only", name, "--run-id", run];
        if (file !== null) words.push("--named", file);
        if (seed !== undefined) words.push("--seed", String(seed));
        if (approved !== undefined) words.push("--approved", approved);
        return { kind: "run", title: name, file, by: request.who, words, text, run };
      });
      record(room, request, "run", file ?? names.join(", "), orders.map(({ run }) => run).join(", "));
      return reply.code(202).send({ jobs: await desk.submit(orders) });
    },
  );

  app.get(
    "/jobs",
    {
      schema: {
        summary: "What was asked for, newest first",
        tags: ["jobs"],
        querystring: z.object({
          state: z.enum(jobStates).optional(),
          limit: z.coerce.number().int().min(1).max(500).default(50),
        }),
        response: { 200: z.array(jobShape) },
      },
    },
    async ({ query: { state, limit } }) => desk.list(limit, state),
  );

  app.get(
    "/jobs/:id",
    { schema: { summary: "How it stands", tags: ["jobs"], params: idParams, response: { 200: jobShape } } },
    async ({ params: { id } }) => desk.get(id),
  );

  app.get(
    "/jobs/:id/result",
    {
      schema: {
        summary: "What it found",
        tags: ["jobs"],
        params: idParams,
        response: {
          200: resultShape.meta({
            description: "Of a dry run, of discover, of doctor, or of a recovery or a sweep, in this order",
          }),
        },
      },
    },
    async ({ params: { id } }) => resultOf(desk.get(id), await desk.files.output(id)),
  );

  app.delete(
    "/jobs/:id",
    {
      schema: {
        summary: "One that waits never starts; one that goes on undoes what it did, and ends",
        tags: ["jobs"],
        params: idParams,
        response: { 202: jobShape },
      },
    },
    async (request, reply) => {
      const { id } = request.params;
      const { title } = desk.get(id);
      record(room, request, "cancel", title, id);
      return reply.code(202).send(await desk.cancel(id, { by: request.who, reason: "asked to in the control room" }));
    },
  );
};

function resultOf(job: Job, output: string): Result {
  if (job.kind === "dry-run") {
    const fold = new RunFold();
    let plan: string | null = null;
    for (const line of output.split("\n").filter(Boolean)) {
      const event = JSON.parse(line) as Event;
      fold.add(event);
      if (event.type === "planned") plan = planDigest(event.faults);
    }
    if (fold.state.run !== null) return { report: { ...fold.report }, plan, seed: fold.state.header.seed };
  } else if (job.endedAt !== null && job.kind !== "run") {
    if (job.kind === "recover" || job.kind === "sweep") return { said: output };
    // what does not fit is not sent
    if (/^\s*[[{]/.test(output)) return JSON.parse(output) as Result;
  }
  throw new ChaosError("not-found", `job ${job.id} has no result`, {
    remedy: job.endedAt === null ? "wait until it has ended" : (job.error ?? "start it again"),
  });
}
