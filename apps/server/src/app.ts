import helmet from "@fastify/helmet";
import rateLimit from "@fastify/rate-limit";
import swagger from "@fastify/swagger";
import { ChaosError } from "@chaos-agents/core";
import Fastify, { type FastifyInstance } from "fastify";
import {
  jsonSchemaTransform,
  jsonSchemaTransformObject,
  serializerCompiler,
  validatorCompiler,
} from "fastify-type-provider-zod";
import { guard } from "./access/guard.ts";
import { auditRoutes } from "./api/audit.ts";
import { experimentRoutes } from "./api/experiments.ts";
import { jobRoutes } from "./api/jobs.ts";
import { machineRoutes } from "./api/machine.ts";
import { sendProblem, tellProblems } from "./api/problems.ts";
import { type Routes, typed } from "./api/routes.ts";
import { runRoutes } from "./api/runs.ts";
import { sessionRoutes } from "./api/session.ts";
import { problemShape } from "./api/shapes.ts";
import { skillRoutes } from "./api/skills.ts";
import { streamRoutes } from "./api/streams.ts";
import type { ControlRoom } from "./control-room.ts";
import { serveWeb } from "./web.ts";

const resources: readonly Routes[] = [
  sessionRoutes,
  machineRoutes,
  skillRoutes,
  experimentRoutes,
  jobRoutes,
  runRoutes,
  streamRoutes,
  auditRoutes,
];

export interface AppOptions {
  /** PEM texts; without them it speaks plain HTTP. */
  tls?: { key: string; cert: string } | undefined;
  /** Where the built web app lies; null serves the API alone. */
  web: string | null;
  /** Requests a minute from one address. */
  requestsPerMinute: number;
  log: (message: string) => void;
  closing: AbortSignal;
  /** Adds what is not part of the API. */
  more?: (app: FastifyInstance) => void;
}

interface Document {
  components?: { schemas?: Record<string, object> };
}

/** Every shape is made in two forms, for asking and for answering: those that nothing refers to go. */
function onlyUsed<Given extends Document>(document: Given): Given {
  const { schemas = {}, ...others } = document.components ?? {};
  const text = JSON.stringify(document);
  const used = Object.entries(schemas).filter(([name]) => text.includes(`"#/components/schemas/${name}"`));
  const left = { ...document, components: { ...others, schemas: Object.fromEntries(used) } };
  return used.length < Object.keys(schemas).length ? onlyUsed(left) : left;
}

const bodyLimit = 1_100_000;

/** The room's HTTP side: who may ask, what can be asked, and how it is answered. */
export async function buildApp(room: ControlRoom, options: AppOptions): Promise<FastifyInstance> {
  const { tls, web, requestsPerMinute, log, closing, more } = options;
  const app = Fastify({
    ...(tls ? ({ https: tls } as object) : {}),
    bodyLimit,
    // one that only sends slowly must not hold us
    requestTimeout: 30_000,
    routerOptions: { maxParamLength: 200 },
    forceCloseConnections: true,
    // what is wrong before there is a route
    frameworkErrors: (error, _request, reply) => sendProblem(reply, error),
    return503OnClosing: true,
  });
  app.decorate("closing", closing);
  app.setValidatorCompiler(validatorCompiler);
  app.setSerializerCompiler(serializerCompiler);
  tellProblems(app, log);
  await app.register(helmet, {
    contentSecurityPolicy: {
      useDefaults: false,
      directives: {
        defaultSrc: ["'self'"],
        // charts and menus place themselves by style attributes
        styleSrc: ["'self'", "'unsafe-inline'"],
        imgSrc: ["'self'", "data:"],
        objectSrc: ["'none'"],
        baseUri: ["'none'"],
        formAction: ["'self'"],
        frameAncestors: ["'none'"],
      },
    },
    strictTransportSecurity: tls !== undefined,
    referrerPolicy: { policy: "no-referrer" },
  });
  await app.register(rateLimit, { max: requestsPerMinute, timeWindow: "1 minute" });
  await app.register(swagger, {
    openapi: {
      openapi: "3.1.0",
      info: {
        title: "Chaos Agents: the control room",
        description: "Break things on purpose, watch, put them back. Failures are answered with a Problem.",
        version: room.version,
      },
      components: { securitySchemes: { token: { type: "http", scheme: "bearer" } } },
      security: [{ token: [] }],
    },
    transform: jsonSchemaTransform,
    transformObject: (document) => onlyUsed(jsonSchemaTransformObject(document) as Document),
  });
  guard(app, room.tokens, tls !== undefined);
  await app.register(
    async (api) => {
      api.addHook("onRoute", (route) => {
        if (!route.schema) return;
        route.schema.response = { "4xx": problemShape, "5xx": problemShape, ...(route.schema.response as object) };
      });
      for (const routes of resources) routes(typed(api), room);
      api.get("/openapi.json", { schema: { hide: true } }, async () => app.swagger());
      // what is not there is said as any other problem
      api.setNotFoundHandler((request) => {
        throw new ChaosError("not-found", `there is no ${request.method} ${request.url.split("?")[0]}`, {
          remedy: "GET /api/v1/openapi.json lists what there is",
        });
      });
    },
    { prefix: "/api/v1" },
  );
  more?.(app);
  await serveWeb(app, room.tokens, web);
  return app;
}
