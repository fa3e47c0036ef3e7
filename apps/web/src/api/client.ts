import type { Problem } from "./types.ts";

export const base = "/api/v1";

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

type Method = "GET" | "POST" | "PUT" | "DELETE";

export async function call<Answer>(
  method: Method,
  path: string,
  { body, signal }: { body?: unknown; signal?: AbortSignal } = {},
): Promise<Answer> {
  const answer = await fetch(`${base}${path}`, {
    method,
    credentials: "same-origin",
    headers: { accept: "application/json", ...(body === undefined ? {} : { "content-type": "application/json" }) },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    ...(signal ? { signal } : {}),
  }).catch((error: unknown) => {
    if (signal?.aborted) throw error;
    throw new ApiError(0, {
      code: "unreachable",
      message: "The server cannot be reached.",
      remedy: "Runs go on without this page; it comes back by itself.",
    });
  });
  const text = await answer.text();
  const content = parsed(text);
  if (answer.ok) return content as Answer;
  throw new ApiError(answer.status, problemOf(answer, content));
}

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

export const queryOf = (values: Record<string, string | number | null | undefined>): string => {
  const given = Object.entries(values).flatMap(([name, value]) =>
    value === undefined || value === null || value === "" ? [] : [[name, String(value)]],
  );
  return given.length === 0 ? "" : `?${new URLSearchParams(given).toString()}`;
};

export const runPath = (run: string) => `/runs/${encodeURIComponent(run)}`;
