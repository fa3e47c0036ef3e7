/** Every way we can fail, each with its exit code and HTTP status. The set is closed: a new failure is a new line here. */
const codes = {
  usage: { exit: 2, http: 400 },
  "invalid-file": { exit: 2, http: 422 },
  unauthorized: { exit: 2, http: 401 },
  forbidden: { exit: 2, http: 403 },
  "not-found": { exit: 2, http: 404 },
  "unknown-run": { exit: 2, http: 404 },
  "unknown-skill": { exit: 2, http: 404 },
  "blast-radius-exceeded": { exit: 2, http: 422 },
  "missing-secret": { exit: 2, http: 422 },
  "another-target": { exit: 2, http: 409 },
  "target-unreachable": { exit: 1, http: 502 },
  "permission-missing": { exit: 1, http: 403 },
  unsupported: { exit: 1, http: 422 },
  "side-effects-refused": { exit: 1, http: 422 },
  "nothing-matched": { exit: 1, http: 422 },
  "fault-not-landed": { exit: 1, http: 500 },
  "steady-state-failed": { exit: 3, http: 409 },
  "rollback-incomplete": { exit: 4, http: 500 },
  halted: { exit: 5, http: 423 },
  "guard-tripped": { exit: 5, http: 409 },
  "lease-lost": { exit: 1, http: 409 },
  interrupted: { exit: 130, http: 499 },
  "run-locked": { exit: 1, http: 409 },
  "journal-damaged": { exit: 1, http: 500 },
  "journal-full": { exit: 1, http: 507 },
  "deadline-passed": { exit: 1, http: 504 },
  internal: { exit: 1, http: 500 },
} as const;

export type ErrorCode = keyof typeof codes;

/**
 * The one error people see. `message` says what happened and where, `remedy` what to do next,
 * `facts` are the same in typed form for `--json`.
 */
export class ChaosError extends Error {
  override readonly name = "ChaosError";
  readonly code: ErrorCode;
  readonly remedy: string | undefined;
  readonly facts: Readonly<Record<string, unknown>>;

  constructor(
    code: ErrorCode,
    message: string,
    options: { remedy?: string; facts?: Record<string, unknown>; cause?: unknown } = {},
  ) {
    super(message, { cause: options.cause });
    this.code = code;
    this.remedy = options.remedy;
    this.facts = options.facts ?? {};
  }

  get exitCode(): number {
    return codes[this.code].exit;
  }

  get httpStatus(): number {
    return codes[this.code].http;
  }
}

/** The words of anything thrown on one line, causes included where it is not an error of ours, which says all itself. */
export function describeError(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error instanceof ChaosError) return error.message;
  const cause = error instanceof AggregateError && error.errors.length > 0 ? error.errors[0] : error.cause;
  const own = error.message || (error as NodeJS.ErrnoException).code || error.name;
  if (cause === undefined) return own;
  const inner = describeError(cause);
  return own.includes(inner) ? own : error.message ? `${own}: ${inner}` : inner;
}
