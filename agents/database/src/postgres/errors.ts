import { describeError } from "@chaos-agents/core";
import type { Refusal } from "../dialect.ts";
import type { Endpoint } from "../endpoint.ts";
import { ConnectionLostError } from "../serial-session.ts";

const byCode: Record<string, Refusal> = {
  "55P03": "lock-timeout",
  "40P01": "deadlock",
  "40001": "serialization",
  "23505": "duplicate",
  "23P01": "duplicate",
  "23503": "foreign-key",
  "23514": "check",
  "44000": "check",
  "23502": "not-null",
  "42501": "permission",
  "42P01": "missing",
  "42703": "missing",
  "3F000": "missing",
  "42704": "missing",
  "57014": "cancelled",
  "25006": "read-only",
  "53300": "too-many-connections",
  "57P01": "connection-lost",
  "57P02": "connection-lost",
  "57P03": "connection-lost",
  "57P05": "connection-lost",
  "25P03": "connection-lost",
};
const byClass: Record<string, Refusal> = { "22": "value", "08": "connection-lost" };

export const codeOf = (error: unknown): string | undefined => (error as { code?: string } | null)?.code;

export function postgresRefusal(error: unknown): Refusal {
  const code = codeOf(error);
  if (error instanceof ConnectionLostError) return "connection-lost";
  if (code === undefined)
    return /connection (terminated|ended|closed)/i.test(describeError(error)) ? "connection-lost" : "other";
  if (/^E[A-Z]+$/.test(code)) return "connection-lost";
  return byCode[code] ?? byClass[code.slice(0, 2)] ?? "other";
}

export function postgresConnectFailure(
  error: unknown,
  endpoint: Endpoint,
): { what: string; remedy: string } | undefined {
  const who = endpoint.user ?? "the user of this process";
  const words = describeError(error);
  switch (codeOf(error)) {
    case "28P01":
      return { what: `the password for ${who} is wrong`, remedy: "Check user and password in connection_url" };
    case "28000":
      return {
        what: `the server does not let ${who} in: ${words}`,
        remedy: "Check the user in connection_url, the server's pg_hba.conf, and whether it wants sslmode=require",
      };
    case "3D000":
      return {
        what: `there is no database "${endpoint.database ?? who}"`,
        remedy: "Check the name at the end of connection_url; psql -l lists what there is",
      };
    case "53300":
      return {
        what: "the server has no free connection",
        remedy: "End idle sessions, raise max_connections, or use a role that may take the reserved ones",
      };
    case "57P03":
      return {
        what: `the server takes no connections yet: ${words}`,
        remedy: "Wait until it has started, then try again",
      };
    case "42501":
      return {
        what: `${who} may not connect: ${words}`,
        remedy: `GRANT CONNECT ON DATABASE "${endpoint.database ?? ""}" TO "${who}"`,
      };
  }
  if (/does not support SSL/.test(words)) {
    return {
      what: "the server offers no TLS",
      remedy: "Turn TLS on at the server, or write sslmode=disable in connection_url",
    };
  }
  if (/password must be a string|no password supplied/.test(words)) {
    return {
      what: `the server wants a password for ${who}, and connection_url has none`,
      remedy: "Write it as postgres://user:password@host/…",
    };
  }
  return undefined;
}
