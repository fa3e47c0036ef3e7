import type { Finding } from "@chaos-agents/core";
import type { MissingRight, Server } from "./dialect.ts";

/** One error each, and each only once, however many things need it. */
export function privilegeFindings(server: Server, missing: readonly MissingRight[]): Finding[] {
  const byGrant = new Map(missing.map((right) => [right.grant, right]));
  return [...byGrant.values()].map(({ what, grant }) => ({
    level: "error",
    code: "permission-missing",
    message: `${server.user} lacks ${what}`,
    remedy: grant,
  }));
}
