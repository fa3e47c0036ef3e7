import { ChaosError, defineSkill, type Finding, type SkillContext } from "@chaos-agents/core";
import { z } from "zod";
import { chooseTables, tableKey } from "../choose-tables.ts";
import { endpointOf } from "../config.ts";
import type { Database } from "../database.ts";
import { HeldSessions } from "../held-sessions.ts";
import { mysqlTableLock } from "../mysql/table-lock.ts";
import { postgresTableLock } from "../postgres/table-lock.ts";
import type { TableName } from "../schema.ts";
import type { Session } from "../session.ts";

const modes = [
  "read",
  "write",
  "access share",
  "row share",
  "row exclusive",
  "share update exclusive",
  "share",
  "share row exclusive",
  "exclusive",
  "access exclusive",
] as const;
export type LockMode = (typeof modes)[number];

/** What each engine does its own way. */
export interface TableLocking {
  /** Takes the lock and keeps it as long as the session lives; fails with a lock timeout, holding nothing. */
  lock(database: Database, session: Session, table: TableName, mode: LockMode): Promise<void>;
  /** Who stands in the way, for people. */
  holders(database: Database, table: TableName, signal: AbortSignal): Promise<string[]>;
  /** Sessions with this mark that hold such a lock, for people. */
  held(database: Database, mark: string, table: TableName, signal: AbortSignal): Promise<string[]>;
  /** Whether another session is refused what the lock forbids, in words; null when it is not. */
  refused(database: Database, session: Session, table: TableName, mode: LockMode): Promise<string | null>;
}

const engines: Record<Database["engine"], TableLocking> = { postgres: postgresTableLock, mysql: mysqlTableLock };

/** Everybody who comes after a waiting lock waits too, so ours waits briefly, lets them through, and tries again. */
const attemptMs = 500;
const patienceMs = 30_000;

const record = z.strictObject({
  mark: z.string(),
  table: z.strictObject({ schema: z.string(), name: z.string() }),
});

export const tableLock = defineSkill({
  name: "db.table_lock",
  summary: "Hold a lock on tables so that others wait",
  effect: "Queries that need the locked tables wait until the lock is released, or fail at their own lock timeout.",
  reversal: "exact",
  reversalNote:
    "The lock goes with the session that holds it; no data is touched. A killed run's lock ends with its connection.",
  seen: "effect",
  params: z.strictObject({
    tables: z.array(z.string().min(1)).optional().meta({ description: "Which tables; the largest when left out" }),
    mode: z.enum(modes).optional().meta({
      description: "read, write, or one of PostgreSQL's lock modes; by default nobody else may even read",
    }),
    max_tables: z.int().min(1).default(1).meta({ description: "How many tables are chosen when none are named" }),
  }),
  undoRecord: record,
  example: { tables: ["orders"], mode: "write" },

  unsupported(targetConfig, { mode }) {
    if (endpointOf(targetConfig)?.engine !== "mysql" || !mode || mode === "read" || mode === "write") return undefined;
    return `the lock mode "${mode}" is PostgreSQL's; MySQL knows read and write`;
  },

  async resolve(database: Database, { tables, mode = "write", max_tables }, { matchesFilters, signal }) {
    const chosen = await chooseTables(database, {
      tables,
      limit: max_tables,
      evenLocked: true,
      matchesFilters,
      signal,
    });
    return chosen.map((table) => ({
      key: tableKey(table),
      label: `lock ${tableKey(table)} (${mode})`,
      undoLabel: "end the session that holds the lock",
      cost: { tables: 1, connections: 1 },
      data: { table: { schema: table.schema, name: table.name }, mode },
    }));
  },

  async preflight(database, things, _params, { signal }) {
    const needs = things.flatMap(({ data: { table } }) => [
      { right: "select" as const, table },
      { right: "lock" as const, table },
    ]);
    const findings = await database.missingPrivileges(needs, signal);
    if (database.server.readOnly) findings.push(readOnlyFinding(database));
    return findings;
  },

  async *inject(database, thing, context) {
    const { table, mode } = thing.data;
    yield { record: { mark: context.mark, table } };
    const held = new HeldSessions(database, context.mark);
    context.hold(held);
    const session = await held.open({ lockTimeout: attemptMs, signal: context.signal });
    await lockPatiently(database, session, { table, mode }, context);
  },

  async witness(database, thing, _records, { mark, signal }) {
    const { table, mode } = thing.data;
    const [holder] = await engines[database.engine].held(database, mark, table, signal);
    if (!holder) return { landed: false, detail: `no session of ours holds ${tableKey(table)}` };
    await using other = await database.session(mark, { lockTimeout: attemptMs, signal });
    const refused = await engines[database.engine].refused(database, other, table, mode);
    return { landed: refused !== null, detail: `${holder}; ${refused ?? "yet nobody else has to wait"}` };
  },

  async fence(database, records, { signal }) {
    for (const mark of new Set([...records].map((one) => one.mark))) await database.fence(mark, signal);
  },

  async undo(database, { mark, table }, { signal }) {
    await database.fence(mark, signal);
    const left = await engines[database.engine].held(database, mark, table, signal);
    if (left.length > 0) return { outcome: "failed", detail: left.join("; ") };
    return database.claimEnded(mark, tableKey(table))
      ? { outcome: "undone", detail: `released ${tableKey(table)}` }
      : { outcome: "already", detail: `no lock of ours on ${tableKey(table)}` };
  },

  async verify(database, { mark, table }, { signal }) {
    const sessions = await database.ourSessions(mark, signal);
    return [
      ...(await engines[database.engine].held(database, mark, table, signal)),
      ...sessions.map(({ id }) => `session ${id} is still there`),
    ];
  },
});

const readOnlyFinding = (database: Database): Finding => ({
  level: "error",
  code: "unsupported",
  message: `${database.label} is a standby or read-only: explicit locks are refused or felt by nobody there`,
  remedy: "Point connection_url at the primary",
});

async function lockPatiently(
  database: Database,
  session: Session,
  { table, mode }: { table: TableName; mode: LockMode },
  { clock, signal, note }: SkillContext & { note: (message: string) => void },
): Promise<void> {
  const engine = engines[database.engine];
  const started = clock.monotonic();
  for (let attempt = 1; ; attempt++) {
    signal.throwIfAborted();
    try {
      await engine.lock(database, session, table, mode);
      return;
    } catch (error) {
      if (database.refusal(error) !== "lock-timeout") throw error;
      const holders = await engine.holders(database, table, signal);
      const inTheWay = holders.length > 0 ? `: ${holders.join(", ")}` : "";
      if (attempt === 1) note(`waiting for ${tableKey(table)}${inTheWay}`);
      if (clock.monotonic() - started > patienceMs) {
        throw new ChaosError("fault-not-landed", `${tableKey(table)} could not be locked within 30 s${inTheWay}`, {
          remedy: "Try again when it is less busy, or end the transactions that hold it",
          cause: error,
        });
      }
      await clock.sleep(attemptMs, signal);
    }
  }
}
