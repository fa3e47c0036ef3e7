import { type InjectContext, defineSkill, counted } from "@chaos-agents/core";
import { z } from "zod";
import { chooseTables, tableKey } from "../choose-tables.ts";
import type { Database } from "../database.ts";
import { describeTable } from "../describe-table.ts";
import { withLockPatience } from "../lock-patience.ts";
import { type ReadQuery, readQueries } from "../rows/read-queries.ts";
import type { Table } from "../schema.ts";
import type { Session } from "../session.ts";
import { endSessions, sessionRecord } from "./session-fault.ts";

const record = sessionRecord.extend({
  /** The server's own count of its work before ours. */
  before: z.number(),
});

export const selectLoad = defineSkill({
  name: "db.select_load",
  summary: "Run many heavy reads side by side",
  effect:
    "Processor, cache and disk are busy with our queries: scans, sorts, joins and look-ups. Others get slower answers. " +
    "Where a table is locked they wait, as any reader's do.",
  reversal: "recovers-by-itself",
  reversalNote: "Reads change nothing; the load is over when the queries are. What is still running is ended.",
  seen: "effect",
  params: z.strictObject({
    query_count: z.int().min(1).max(100_000_000).default(500).meta({ description: "How many queries in all" }),
    tables: z.array(z.string().min(1)).optional().meta({ description: "Which tables; the largest when left out" }),
    concurrency: z
      .int()
      .min(1)
      .max(500)
      .default(8)
      .meta({ description: "How many at a time, each on its own connection" }),
    mix: z
      .enum(["mixed", "point"])
      .default("mixed")
      .meta({ description: "mixed: scans, sorts, joins and look-ups; point: look-ups by key alone" }),
    max_tables: z.int().min(1).default(3).meta({ description: "How many tables are chosen when none are named" }),
  }),
  undoRecord: record,
  example: { query_count: 5_000, concurrency: 16 },

  async resolve(database: Database, { query_count, tables, concurrency, mix, max_tables }, { matchesFilters, signal }) {
    const chosen = await chooseTables(database, {
      tables,
      limit: max_tables,
      matchesFilters,
      unsuitable: (table) =>
        mix === "point" && table.keys.length === 0 ? "it has no key to look rows up by" : undefined,
      signal,
    });
    const names = chosen.map(tableKey).join(", ");
    return [
      {
        key: "queries",
        label: `${counted(query_count, "query", "queries")} on ${names}, ${concurrency} at a time`,
        undoLabel: "end the queries",
        cost: { tables: chosen.length, connections: concurrency },
        data: { tables: chosen.map(({ schema, name }) => ({ schema, table: name })), query_count, concurrency, mix },
      },
    ];
  },

  async preflight(database, things, _params, { signal }) {
    const needs = things.flatMap(({ data }) =>
      data.tables.map(({ schema, table }) => ({ right: "select" as const, table: { schema, name: table } })),
    );
    return await database.missingPrivileges(needs, signal);
  },

  async *inject(database, { data }, context) {
    const { signal, mark } = context;
    const before = (await database.activity(signal)).work.count;
    yield { record: { mark, before } };
    const tables = await describeUnlocked(database, data.tables, context);
    await using sessions = new AsyncDisposableStack();
    const open = async () => sessions.use(await database.session(mark, { readOnly: true, signal }));
    const first = await open();
    const queries = await readQueries(database, first, tables, data.mix, context);
    const others = await Promise.all(Array.from({ length: data.concurrency - 1 }, open));
    await runQueries([first, ...others], queries, data.query_count, context);
  },

  async witness(database, { data }, records, { signal, clock }) {
    const [{ before }] = [...records] as [z.infer<typeof record>];
    // PostgreSQL's statistics follow within a second
    for (const until = clock.monotonic() + 3_000; ; await clock.sleep(100, signal)) {
      const { what, count } = (await database.activity(signal)).work;
      const detail = `the server counts ${count - before} ${what} since; ${data.query_count} were ours`;
      if (count - before >= data.query_count) return { landed: true, detail };
      if (clock.monotonic() > until) return { landed: false, detail };
    }
  },

  ...endSessions<z.infer<typeof record>>(),
});

/** Somebody may hold a table, we ourselves for one: then the load waits with its queries, until the table is free again. */
async function describeUnlocked(
  database: Database,
  tables: readonly { schema: string; table: string }[],
  { clock, signal, note }: InjectContext,
): Promise<Table[]> {
  const described: Table[] = [];
  for (const name of tables) {
    const what = tableKey({ schema: name.schema, name: name.table });
    const look = () => describeTable(database, name, signal);
    const table = await withLockPatience(database, look, { what, clock, signal, note });
    if (table) described.push(table);
  }
  return described;
}

/** Each session asks one query after the other until there are enough. */
async function runQueries(
  sessions: readonly Session[],
  queries: readonly ReadQuery[],
  count: number,
  { signal, random, progress }: InjectContext,
): Promise<void> {
  let started = 0;
  let done = 0;
  await Promise.all(
    sessions.map(async (session) => {
      const cut = () => session.destroy("aborted");
      signal.addEventListener("abort", cut, { once: true });
      try {
        while (started < count && !signal.aborted) {
          const query = queries[started++ % queries.length]!;
          await session.rows(query.sql, query.values(random), { prepare: true });
          done++;
          progress(done, count, "queries");
        }
      } catch (error) {
        throw signal.aborted ? signal.reason : error;
      } finally {
        signal.removeEventListener("abort", cut);
      }
    }),
  );
  signal.throwIfAborted();
}
