import { ChaosError } from "@chaos-agents/core";
import { z } from "zod";
import type { Routes } from "./routes.ts";

const sessionShape = z.object({ name: z.string() });

export const sessionRoutes: Routes = (app, { tokens, version }) => {
  app.get(
    "/health",
    {
      config: { open: true },
      schema: {
        summary: "Whether the room answers",
        tags: ["room"],
        security: [],
        response: { 200: z.object({ ok: z.literal(true), version: z.string() }) },
      },
    },
    async () => ({ ok: true as const, version }),
  );

  app.get(
    "/session",
    { schema: { summary: "Who is logged in", tags: ["room"], response: { 200: sessionShape } } },
    async (request) => ({ name: request.who }),
  );

  app.post(
    "/session",
    {
      config: { open: true, rateLimit: { max: 10, timeWindow: "1 minute" } },
      schema: {
        summary: "Log in with a token; answers with a cookie",
        tags: ["room"],
        security: [],
        body: z.object({ token: z.string().min(1).max(200) }),
        response: { 200: sessionShape },
      },
    },
    async (request, reply) => {
      const name = tokens.nameOf(request.body.token);
      if (name === undefined) {
        throw new ChaosError("unauthorized", "this token is not known", {
          remedy: "chaos server prints the link with its token",
        });
      }
      app.logIn(reply, request.body.token);
      return { name };
    },
  );

  app.delete(
    "/session",
    { schema: { summary: "Log out", tags: ["room"], response: { 204: z.null() } } },
    async (_request, reply) => {
      app.logOut(reply);
      return reply.code(204).send(null);
    },
  );
};
