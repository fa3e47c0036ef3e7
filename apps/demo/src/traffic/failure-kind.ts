/** What a customer met instead of a page. */
export const failureKinds = {
  timeout: "the database did not answer in time",
  "no-connection": "all of the application's connections stayed busy",
  refused: "the database took no new connection",
  lost: "the connection broke",
  lock: "a lock was not to be had",
  other: "another error",
} as const;
export type FailureKind = keyof typeof failureKinds;

const byCode: Record<string, FailureKind> = {
  "57014": "timeout",
  "53300": "refused",
  "57P03": "refused",
  ECONNREFUSED: "refused",
  "57P01": "lost",
  "57P02": "lost",
  ECONNRESET: "lost",
  EPIPE: "lost",
  "55P03": "lock",
  "40P01": "lock",
};

// pg and pg-pool give their own errors no code
const byMessage: [RegExp, FailureKind][] = [
  [/^timeout exceeded when trying to connect|connection timeout/, "no-connection"],
  [/^Query read timeout/, "timeout"],
  [/^Connection terminated|not queryable|^Client has encountered a connection error/, "lost"],
];

export function failureKind(error: unknown): FailureKind {
  const { code, message } = error as { code?: string; message?: string };
  if (code !== undefined && code in byCode) return byCode[code]!;
  if (code?.startsWith("08")) return "lost";
  return byMessage.find(([pattern]) => pattern.test(message ?? ""))?.[1] ?? "other";
}
