import { describeError } from "@chaos-agents/core";
import type { Refusal } from "../dialect.ts";
import type { Endpoint } from "../endpoint.ts";
import { ConnectionLostError } from "../serial-session.ts";

/** By the server's error number, the same on MySQL and MariaDB unless said. */
const byNumber: Record<number, Refusal> = {
  1205: "lock-timeout",
  3572: "lock-timeout", // MySQL: NOWAIT
  1213: "deadlock",
  1020: "serialization", // MariaDB: innodb_snapshot_isolation
  1062: "duplicate",
  1586: "duplicate",
  1216: "foreign-key",
  1217: "foreign-key",
  1451: "foreign-key",
  1452: "foreign-key",
  3819: "check", // MySQL
  4025: "check", // MariaDB
  1048: "not-null",
  1364: "not-null",
  1264: "value",
  1265: "value",
  1292: "value",
  1366: "value",
  1406: "value",
  3140: "value",
  1044: "permission",
  1142: "permission",
  1143: "permission",
  1227: "permission",
  1370: "permission",
  1146: "missing",
  1054: "missing",
  1049: "missing",
  1091: "missing",
  1109: "missing",
  1193: "missing",
  1317: "cancelled",
  1969: "cancelled", // MariaDB: max_statement_time
  3024: "cancelled", // MySQL: max_execution_time
  1290: "read-only",
  1792: "read-only",
  1836: "read-only",
  1040: "too-many-connections",
  1203: "too-many-connections",
  1226: "too-many-connections",
  1053: "connection-lost",
  1927: "connection-lost", // MariaDB: killed
  3169: "connection-lost", // MySQL: killed
  4031: "connection-lost", // MySQL: idle for too long
};

interface MysqlError {
  errno?: number;
  code?: string;
}

export function mysqlRefusal(error: unknown): Refusal {
  if (error instanceof ConnectionLostError) return "connection-lost";
  const { errno, code } = (error ?? {}) as MysqlError;
  if (errno !== undefined && errno > 0 && byNumber[errno]) return byNumber[errno];
  if (
    code === "PROTOCOL_CONNECTION_LOST" ||
    /^E[A-Z]+$/.test(code ?? "") ||
    /closed state/.test(describeError(error))
  ) {
    return "connection-lost";
  }
  return "other";
}

export const refuses = (error: unknown, refusal: Refusal): boolean => mysqlRefusal(error) === refusal;

export function mysqlConnectFailure(error: unknown, endpoint: Endpoint): { what: string; remedy: string } | undefined {
  const who = endpoint.user ?? "an anonymous user";
  const words = describeError(error);
  const { errno, code } = error as MysqlError;
  switch (errno) {
    case 1045:
    case 1698:
      return {
        what: `the server does not let ${who} in: ${words}`,
        remedy: "Check user and password in connection_url, and from which hosts the user may connect",
      };
    case 1044:
      return {
        what: `${who} may not use ${endpoint.database}`,
        remedy: `GRANT ALL ON \`${endpoint.database}\`.* TO the user`,
      };
    case 1049:
      return {
        what: `there is no database "${endpoint.database}"`,
        remedy: "Check the name at the end of connection_url; SHOW DATABASES lists what there is",
      };
    case 1040:
    case 1203:
    case 1226:
      return {
        what: `the server has no free connection: ${words}`,
        remedy: "End idle sessions, or raise max_connections",
      };
    case 1130:
      return { what: words, remedy: "Create the user for this machine's address, or for '%'" };
    case 1129:
      return { what: words, remedy: "Run FLUSH HOSTS on the server" };
    case 3159:
      return { what: "the server wants TLS", remedy: "Write ssl-mode=REQUIRED in connection_url" };
  }
  if (code === "HANDSHAKE_NO_SSL_SUPPORT") {
    return {
      what: "the server offers no TLS",
      remedy: "Turn TLS on at the server, or write ssl-mode=DISABLED in connection_url",
    };
  }
  return undefined;
}
