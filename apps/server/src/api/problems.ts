import { ChaosError, describeError } from "@chaos-agents/core";
import type { FastifyError, FastifyInstance, FastifyReply } from "fastify";
import { hasZodFastifySchemaValidationErrors } from "fastify-type-provider-zod";
import type { z } from "zod";
import type { problemShape } from "./shapes.ts";

type Problem = z.infer<typeof problemShape>;

/** Every failure in one form, and nothing of our insides in it. */
export function tellProblems(app: FastifyInstance, log: (message: string) => void): void {
  app.setErrorHandler((error: FastifyError, request, reply) => {
    const { status, problem } = problemOf(error);
    if (status >= 500 && problem.code === "internal")
      log(`${request.method} ${request.url}: ${error.stack ?? describeError(error)}`);
    return reply.code(status).send(problem);
  });
}

export function sendProblem(reply: FastifyReply, error: FastifyError): void {
  const { status, problem } = problemOf(error);
  void reply.code(status).send(problem);
}

function problemOf(error: FastifyError | ChaosError): { status: number; problem: Problem } {
  if (error instanceof ChaosError) {
    const { code, message, remedy, facts, httpStatus } = error;
    return { status: httpStatus, problem: { code, message, ...(remedy !== undefined && { remedy }), facts } };
  }
  if (hasZodFastifySchemaValidationErrors(error)) {
    const where = error.validationContext ?? "request";
    const wrong = error.validation.map(({ instancePath, message }) => `${where}${instancePath}: ${message}`).join("; ");
    return {
      status: 400,
      problem: { code: "usage", message: wrong, remedy: "GET /api/v1/openapi.json says what is expected" },
    };
  }
  const status = error.statusCode ?? 500;
  if (status < 500)
    return { status, problem: { code: status === 429 ? "too-many-requests" : "usage", message: error.message } };
  return {
    status: 500,
    problem: { code: "internal", message: "the control room failed to do that", remedy: "its log says why" },
  };
}
