import { defineProbe, describeError } from "@chaos-agents/core";
import { z } from "zod";

/** Reads `a.b.0.c` out of parsed JSON; null when there is no such place or no plain value there. */
export function valueAt(document: unknown, path: string): number | string | null {
  let here: unknown = document;
  for (const step of path.split(".").filter((part) => part !== "" && part !== "$")) {
    if (here === null || typeof here !== "object") return null;
    here = (here as Record<string, unknown>)[step];
  }
  if (typeof here === "boolean") return String(here);
  return typeof here === "number" || typeof here === "string" ? here : null;
}

export const httpProbe = defineProbe({
  kind: "http",
  summary: "Ask a URL; its status is the value, or a place in its JSON answer",
  params: z.strictObject({
    url: z.url({ protocol: /^https?$/ }).meta({ description: "What to ask" }),
    method: z
      .enum(["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"])
      .default("GET")
      .meta({ description: "With which HTTP method" }),
    headers: z
      .record(z.string(), z.string())
      .default({})
      .meta({ description: "Headers to send, such as Authorization; a value is best as a ${VARIABLE}" }),
    body: z.string().optional().meta({ description: "What to send, as it is; nothing when left out" }),
    status: z
      .union([z.int(), z.array(z.int())])
      .optional()
      .meta({ description: "Which status is well; any from 200 to 299 when left out" }),
    json: z
      .string()
      .optional()
      .meta({ description: "Where in a JSON answer the value stands, such as data.queue.depth" }),
  }),
  example: { url: "http://127.0.0.1:8080/health", status: 200 },
  async open(params) {
    const wanted = params.status === undefined ? undefined : [params.status].flat();
    return {
      async measure(signal) {
        try {
          const response = await fetch(params.url, {
            method: params.method,
            headers: params.headers,
            body: params.body ?? null,
            redirect: "manual",
            signal,
          });
          const text = await response.text();
          const ok = wanted ? wanted.includes(response.status) : response.ok;
          if (params.json === undefined) return { ok, value: response.status, detail: `status ${response.status}` };
          const value = valueAt(parseJson(text), params.json);
          return {
            ok: ok && value !== null,
            value,
            detail: `status ${response.status}, ${params.json} is ${value ?? "missing"}`,
          };
        } catch (error) {
          return { ok: false, value: null, detail: describeError(error) };
        }
      },
      async [Symbol.asyncDispose]() {},
    };
  },
});

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
