import { ChaosError, defineProbe, describeError, type Measurement } from "@chaos-agents/core";
import { z } from "zod";
import { connectionUrlSchema, endpointOf } from "../config.ts";
import { connectFailure } from "../connect-failure.ts";
import { loadDriver } from "../drivers.ts";
import { parseConnectionUrl } from "../endpoint.ts";
import type { Session, Value } from "../session.ts";

/** A probe's own bound is the engine's timeout; this one is for a server that lost sight of us. */
const longestMs = 60_000;

export const sqlProbe = defineProbe({
  kind: "sql",
  summary: "Run a query that only reads; the answer is the first column of its first row",
  params: z.strictObject({
    query: z.string().min(1).meta({ description: "The query; its first column of the first row is the value" }),
    connection_url: connectionUrlSchema
      .optional()
      .meta({ description: "Which database; the probe's target when left out" }),
  }),
  example: { query: "SELECT count(*) FROM orders WHERE created_at > now() - interval '1 minute'" },
  unsupported: (targetConfig, { connection_url }) =>
    connection_url === undefined && endpointOf(targetConfig) === undefined
      ? "a sql probe needs a connection_url, or a target that is a database"
      : undefined,
  async open({ query, connection_url }, { signal, targetConfig }) {
    const endpoint = connection_url === undefined ? endpointOf(targetConfig) : parseConnectionUrl(connection_url);
    if (!endpoint) {
      throw new ChaosError("invalid-file", "a sql probe needs a connection_url or a target that is a database", {
        remedy: "Add connection_url to the probe, or name a database target with target:",
      });
    }
    const driver = await loadDriver(endpoint.engine);
    const connect = (signal: AbortSignal) =>
      driver.open(endpoint, null, { readOnly: true, statementTimeout: longestMs, signal }, async () => {
        // a connection of its own to stop the statement with: nobody else holds one for us
        await using other = await driver.open(endpoint, null, { statementTimeout: 5_000 }, async () => {});
        const dialect = await driver.dialect(other);
        await dialect.cancelStatement((sql, values) => other.query(sql, values), session.id);
      });
    let session: Session = await connect(signal).catch((error: unknown) => {
      throw signal.aborted ? error : connectFailure(error, endpoint, driver);
    });
    return {
      async measure(signal): Promise<Measurement> {
        try {
          if (!session.isOpen) session = await connect(signal);
          const [first] = await session.rows(query, [], { signal });
          const value = valueOf(first?.[0]);
          return { value, ok: true, detail: first ? `answered ${value ?? "NULL"}` : "answered no rows" };
        } catch (error) {
          signal.throwIfAborted();
          return { value: null, ok: false, detail: describeError(error) };
        }
      },
      async [Symbol.asyncDispose]() {
        await session[Symbol.asyncDispose]();
      },
    };
  },
});

/** A number where the text is one that a double holds exactly enough to compare. */
function valueOf(text: Value | undefined): number | string | null {
  if (text === undefined || text === null) return null;
  return /^-?\d+(\.\d+)?(e[+-]?\d+)?$/i.test(text) ? Number(text) : text;
}
