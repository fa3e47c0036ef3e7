import createClient from "openapi-fetch";
import { base } from "./base.ts";
import type { components, paths } from "./schema.d.ts";

type Problem = components["schemas"]["Problem"];

/** What the server refused, or that it could not be reached (status 0). */
export class ApiError extends Error {
  readonly status: number;
  readonly problem: Problem;
  constructor(status: number, problem: Problem) {
    super(problem.message);
    this.status = status;
    this.problem = problem;
  }
  get unreachable(): boolean {
    return this.status === 0;
  }
}

type Paths = { [Path in keyof paths as Path extends `${typeof base}${infer Rest}` ? Rest : never]: paths[Path] };

/** Every request to the server, as its OpenAPI document allows it. What fails throws an ApiError. */
export const api = createClient<Paths>({
  baseUrl: base,
  credentials: "same-origin",
  headers: { accept: "application/json" },
});

api.use({
  onError({ request, error }) {
    if (request.signal.aborted) throw error;
    throw new ApiError(0, {
      code: "unreachable",
      message: "The server cannot be reached.",
      remedy: "Runs go on without this page; it comes back by itself.",
    });
  },
  async onResponse({ response }) {
    if (!response.ok) throw new ApiError(response.status, problemOf(response, parsed(await response.text())));
  },
});

/** What the server answered, alone. */
export const answer = async <Data>(asked: Promise<{ data?: Data }>): Promise<Data> => (await asked).data as Data;

function parsed(text: string): unknown {
  try {
    return text === "" ? null : JSON.parse(text);
  } catch {
    return null;
  }
}

function problemOf(answer: Response, content: unknown): Problem {
  const problem = content as Partial<Problem> | null;
  if (typeof problem?.message === "string") return { code: "internal", ...problem, message: problem.message };
  // a proxy's answer, when there is no server behind it
  const gone = answer.status >= 502 && answer.status <= 504;
  const message = gone ? "The server cannot be reached." : `The server answered ${answer.status} ${answer.statusText}.`;
  return { code: gone ? "unreachable" : "internal", message };
}

export const runPath = (run: string) => `/runs/${encodeURIComponent(run)}`;
