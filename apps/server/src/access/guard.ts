import { ChaosError } from "@chaos-agents/core";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import type { Tokens } from "./tokens.ts";

declare module "fastify" {
  interface FastifyRequest {
    /** Name of the token the request came with; empty where none was needed. */
    who: string;
  }
  interface FastifyContextConfig {
    /** Answered without a token. */
    open?: boolean;
  }
}

const cookieName = "chaos_session";

/** Nobody gets further without a token, and no page of somebody else's may use the one in a browser. */
export function guard(app: FastifyInstance, tokens: Tokens, isTls: boolean): void {
  app.decorateRequest("who", "");
  app.addHook("onRequest", async (request) => {
    expectOwnOrigin(request);
    await tokens.refresh();
    const given = tokenOf(request);
    const who = given === undefined ? undefined : tokens.nameOf(given);
    if (who !== undefined) request.who = who;
    else if (!request.routeOptions.config.open && !isPage(request)) {
      throw new ChaosError(
        "unauthorized",
        given === undefined ? "there is no token in this request" : "this token is not known",
        {
          remedy: "chaos server prints the link with its token; programs send Authorization: Bearer TOKEN",
        },
      );
    }
  });
  const attributes = `Path=/; HttpOnly; SameSite=Strict${isTls ? "; Secure" : ""}`;
  app.decorate("logIn", (reply: FastifyReply, token: string) => {
    reply.header("set-cookie", `${cookieName}=${token}; ${attributes}; Max-Age=${30 * 86_400}`);
  });
  app.decorate("logOut", (reply: FastifyReply) => {
    reply.header("set-cookie", `${cookieName}=; ${attributes}; Max-Age=0`);
  });
}

declare module "fastify" {
  interface FastifyInstance {
    logIn(reply: FastifyReply, token: string): void;
    logOut(reply: FastifyReply): void;
  }
}

function tokenOf({ headers }: FastifyRequest): string | undefined {
  const [, bearer] = /^Bearer +(\S+)$/i.exec(headers.authorization ?? "") ?? [];
  if (bearer !== undefined) return bearer;
  const cookies = (headers.cookie ?? "").split(/; */).map((one) => one.split("="));
  return cookies.find(([name]) => name === cookieName)?.[1] || undefined;
}

/** A path of the web app's: its page asks for the token itself, and comes back to where the link led. */
const isPage = ({ is404, method, url }: FastifyRequest) =>
  is404 && method === "GET" && !/^\/(?:api|assets|metrics)(?:[/?]|$)/.test(url);

/** Browsers say where a request comes from; what comes from elsewhere is not for us, whatever cookie it brings. */
function expectOwnOrigin({ headers, method }: FastifyRequest): void {
  const { origin, host } = headers;
  const site = headers["sec-fetch-site"];
  const isForeign =
    origin !== undefined ? originHost(origin) !== host : site === "cross-site" && method !== "GET" && method !== "HEAD";
  if (!isForeign) return;
  throw new ChaosError("forbidden", `requests from ${origin ?? "other sites"} are not answered`, {
    remedy: "Open the room by the address that it was started with",
  });
}

function originHost(origin: string): string | undefined {
  try {
    return new URL(origin).host;
  } catch {
    return undefined;
  }
}
