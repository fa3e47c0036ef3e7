import { defineSkill, type Finding, type UndoResult } from "@chaos-agents/core";
import { z } from "zod";
import { tableKey } from "../choose-tables.ts";
import { chooseIndexes } from "../choose-indexes.ts";
import type { Database } from "../database.ts";
import { lockAttemptMs, withLockPatience } from "../lock-patience.ts";
import { mysqlIndexDrop } from "../mysql/index-drop.ts";
import { postgresIndexDrop } from "../postgres/index-drop.ts";
import type { Index, Table } from "../schema.ts";
import type { Session } from "../session.ts";

const record = z.strictObject({
  schema: z.string(),
  table: z.string(),
  index: z.string(),
  /** What it takes to make it again; null where it is only hidden. */
  again: z
    .strictObject({
      definition: z.string(),
      comment: z.string().nullable(),
      tablespace: z.string().nullable(),
      clustered: z.boolean(),
      /** Per column, counted from 1, that has a target of its own. */
      statistics: z.array(z.strictObject({ column: z.int(), target: z.int() })),
      /** Its own statistics, which only an ANALYZE gathers, go with it. */
      hasExpressions: z.boolean(),
    })
    .nullable(),
});
export type DroppedIndex = z.output<typeof record>;
export type IndexName = Omit<DroppedIndex, "again">;

/** `invalid`: half made. `other`: something else has its name. */
export type IndexState = "there" | "gone" | "invalid" | "other" | "no-table";

/** What each engine does its own way: PostgreSQL drops the index and makes it again, MySQL hides it from the optimizer. */
export interface IndexDropping {
  verb: "drop" | "hide";
  /** Why an index of one of these tables is left alone, beyond what `Index` tells; undefined when it will do. */
  refusals(
    database: Database,
    tables: readonly Table[],
    signal: AbortSignal,
  ): Promise<(table: Table, index: Index) => string | undefined>;
  findings(database: Database, indexes: readonly IndexName[], signal: AbortSignal): Promise<Finding[]>;
  /** What it takes to make it again; undefined when it is gone. */
  remember(database: Database, index: IndexName, signal: AbortSignal): Promise<DroppedIndex | undefined>;
  remove(database: Database, session: Session, index: IndexName, signal: AbortSignal): Promise<void>;
  state(database: Database, record: DroppedIndex, signal: AbortSignal): Promise<IndexState>;
  /** Brings it back from `gone` or `invalid`, and puts right what belongs to it; true when there was something to do. */
  restore(
    database: Database,
    record: DroppedIndex,
    state: IndexState,
    mark: string,
    signal: AbortSignal,
  ): Promise<boolean>;
}

const engines: Record<Database["engine"], IndexDropping> = { postgres: postgresIndexDrop, mysql: mysqlIndexDrop };
const patienceMs = 30_000;

const indexKey = ({ schema, table, index }: IndexName) => `${tableKey({ schema, name: table })}.${index}`;

export const indexDrop = defineSkill({
  name: "db.index_drop",
  summary: "Take indexes away from the optimizer",
  effect:
    "Queries that used the index read whole tables instead: slower, and heavier for everybody. On MySQL, queries that force the index fail.",
  reversal: "exact",
  reversalNote:
    "PostgreSQL: the index is made again from its definition, with comment, tablespace, clustering and statistics targets, without keeping writers out where that is possible; its usage counters start from zero. MySQL: it was only hidden, and is shown again.",
  seen: "effect",
  params: z.strictObject({
    tables: z
      .array(z.string().min(1))
      .optional()
      .meta({ description: "Only indexes of these tables; of all when left out" }),
    indexes: z
      .array(z.string().min(1))
      .optional()
      .meta({ description: "Which indexes: name, table.name or schema.table.name; the largest when left out" }),
    max_indexes: z.int().min(1).default(1).meta({ description: "How many are chosen when none are named" }),
  }),
  undoRecord: record,
  example: { indexes: ["orders_customer"] },
  // a large index takes a while to be made
  undoDeadline: 3_600_000,

  async resolve(database: Database, { tables, indexes, max_indexes }, { matchesFilters, signal }) {
    const engine = engines[database.engine];
    const chosen = await chooseIndexes(database, {
      tables,
      indexes,
      limit: max_indexes,
      matchesFilters,
      signal,
      refusals: (described) => engine.refusals(database, described, signal),
    });
    return chosen.map(({ table, index }) => {
      const name: IndexName = { schema: table.schema, table: table.name, index: index.name };
      return {
        key: indexKey(name),
        label: `${engine.verb} index ${indexKey(name)} (${index.columns.map((column) => column ?? "expression").join(", ")})`,
        undoLabel: engine.verb === "drop" ? "make it again from its definition" : "show it to the optimizer again",
        cost: { indexes: 1 },
        data: name,
      };
    });
  },

  async preflight(database, things, _params, { signal }) {
    const names = things.map(({ data }) => data);
    const needs = names.map(({ schema, table }) => ({ right: "own" as const, table: { schema, name: table } }));
    const findings = await database.missingPrivileges(needs, signal);
    if (database.server.readOnly) {
      findings.push({
        level: "error",
        code: "unsupported",
        message: `${database.label} is a standby or read-only: its indexes cannot be changed`,
        remedy: "Point connection_url at the primary",
      });
    }
    return [...findings, ...(await engines[database.engine].findings(database, names, signal))];
  },

  async *inject(database, { data: name }, { mark, signal, clock, note }) {
    const engine = engines[database.engine];
    const remembered = await engine.remember(database, name, signal);
    if (!remembered) throw new Error(`index ${indexKey(name)} is gone`);
    await using session = await database.session(mark, { lockTimeout: lockAttemptMs, signal });
    yield { record: remembered };
    await withLockPatience(database, () => engine.remove(database, session, name, signal), {
      what: tableKey({ schema: name.schema, name: name.table }),
      clock,
      signal,
      patienceMs,
      note,
    });
  },

  async witness(database, { data }, records, { signal }) {
    const engine = engines[database.engine];
    const record = [...records].find((one) => indexKey(one) === indexKey(data));
    const state = record && (await engine.state(database, record, signal));
    return {
      landed: state === "gone",
      detail: `index ${indexKey(data)} is ${state === "gone" ? "not usable" : "in use"}`,
    };
  },

  async fence(database, _records, { mark, signal }) {
    await database.fence(mark, signal);
  },

  async undo(database, record, { mark, signal }) {
    const engine = engines[database.engine];
    const state = await engine.state(database, record, signal);
    if (state === "other") return conflict(`something else is called ${record.index} now`);
    const missing = `${tableKey({ schema: record.schema, name: record.table })}, or what was indexed of it, is gone`;
    if (state === "no-table") return conflict(missing);
    let changed: boolean;
    try {
      changed = await engine.restore(database, record, state, mark, signal);
    } catch (error) {
      if (database.refusal(error) === "missing") return conflict(missing);
      throw error;
    }
    if (!changed) return { outcome: "already", detail: `index ${indexKey(record)} is there` };
    const after = await engine.state(database, record, signal);
    if (after !== "there") return { outcome: "failed", detail: `index ${indexKey(record)} is ${after}` };
    return {
      outcome: "undone",
      detail: `index ${indexKey(record)} is back`,
      ...(record.again?.hasExpressions &&
        state !== "there" && {
          remains: [`statistics on the expressions of ${record.index} come with the next ANALYZE`],
        }),
    };
  },

  async verify(database, record, { signal }) {
    const state = await engines[database.engine].state(database, record, signal);
    if (state === "gone") return [`index ${indexKey(record)} is missing or hidden`];
    return state === "invalid" ? [`index ${indexKey(record)} is invalid`] : [];
  },
});

const conflict = (theirs: string): UndoResult => ({
  outcome: "conflict",
  detail: `${theirs}; left as it is`,
  remains: [theirs],
});
