import { readFile } from "node:fs/promises";
import { join } from "node:path";
import serveFiles from "@fastify/static";
import { ChaosError } from "@chaos-agents/core";
import type { FastifyInstance } from "fastify";
import type { Tokens } from "./access/tokens.ts";

/** The web app: its files, and its one page for each of its paths. Nobody needs a token to load it. */
export async function serveWeb(app: FastifyInstance, tokens: Tokens, folder: string | null): Promise<void> {
  const page = folder === null ? null : await readFile(join(folder, "index.html"), "utf8").catch(() => null);
  if (folder !== null && page !== null) {
    await app.register(async (assets) => {
      assets.addHook("onRoute", (route) => {
        route.config = { ...route.config, open: true, rateLimit: false };
        route.schema = { ...route.schema, hide: true };
      });
      await assets.register(serveFiles, {
        root: join(folder, "assets"),
        prefix: "/assets/",
        index: false,
        immutable: true,
        maxAge: "365d",
      });
    });
  }

  app.setNotFoundHandler({ preHandler: app.rateLimit() }, (request, reply) => {
    if (request.method !== "GET" || /^\/(?:api|assets|metrics)(?:\/|$)/.test(request.url)) {
      throw new ChaosError("not-found", `there is no ${request.method} ${request.url.split("?")[0]}`);
    }
    const { pathname, searchParams } = new URL(request.url, "http://room");
    const token = searchParams.get("token");
    if (token !== null) {
      // a link with its token logs in, and leaves no token in the address
      if (tokens.nameOf(token) !== undefined) app.logIn(reply, token);
      return reply.redirect(pathname.replace(/^\/+/, "/"));
    }
    if (page !== null) return reply.type("text/html; charset=utf-8").header("cache-control", "no-cache").send(page);
    return reply.code(404).type("text/plain").send("The web app is not built here: the API is at /api/v1\n");
  });
}
