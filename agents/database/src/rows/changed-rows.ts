import { z } from "zod";
import { counted, type InjectContext, type UndoId, type UndoResult, type UndoStep } from "@chaos-agents/core";
import type { Database } from "../database.ts";
import type { Table } from "../schema.ts";
import type { Session } from "../session.ts";

const common = {
  schema: z.string(),
  table: z.string(),
  /** The columns of the key, and those that are put back. */
  key: z.array(z.string()),
  columns: z.array(z.string()),
};

const postgresChangesSchema = z.strictObject({
  engine: z.literal("postgres"),
  ...common,
  /** The 64-bit id of the transaction that changes the rows: rows that still bear it are as we made them. */
  xid: z.string(),
  rows: z.number(),
  /** Exact texts of a column in all rows, before the change, in one array as the server writes it. Sorted by key. */
  keys: z.array(z.string()),
  originals: z.array(z.string()),
  /** The first and the last row's value of the first key column. */
  ends: z.tuple([z.string(), z.string()]),
});
export type PostgresChanges = z.infer<typeof postgresChangesSchema>;

const mysqlChangesSchema = z.strictObject({
  engine: z.literal("mysql"),
  ...common,
  /** Key and exact texts of each row, before the change. */
  originals: z.array(z.tuple([z.array(z.string()), z.array(z.string().nullable())])),
  /** The rows' digests after the change in one piece; null until it was made. It is committed only after that. */
  after: z.string().nullable(),
});
export type MysqlChanges = z.infer<typeof mysqlChangesSchema>;

/** A group of rows we changed: what they were, and what tells that they still are as we made them. */
export const changedRowsSchema = z.discriminatedUnion("engine", [postgresChangesSchema, mysqlChangesSchema]);
export type ChangedRows = z.infer<typeof changedRowsSchema>;

export interface ChangesWanted {
  rows: number;
  /** How many rows a transaction changes. */
  atOnce: number;
  columns?: string[] | undefined;
}

/** What each engine does its own way. */
export interface Updating<Changes extends ChangedRows = any> {
  change(
    database: Database,
    table: Table,
    wanted: ChangesWanted,
    context: InjectContext,
  ): AsyncGenerator<UndoStep<Changes>, void, UndoId>;
  /** How many rows still are as we made them. */
  residue(session: Session, database: Database, changes: Changes, table: Table, signal: AbortSignal): Promise<number>;
  /** Puts the originals back where rows still are as we made them; what others changed since stays as they left it. */
  undo(session: Session, database: Database, changes: Changes, table: Table, signal: AbortSignal): Promise<UndoResult>;
}

/** What an undo found and did, in words. */
export function verdict(
  { schema, table, rows }: { schema: string; table: string; rows: number },
  found: { restored: number; changed: number; deleted: number; touchedAgain: number },
): UndoResult {
  const name = `${schema}.${table}`;
  const done = `${counted(found.restored, "row")} put back in ${name}`;
  const remains =
    found.touchedAgain > 0
      ? [`${counted(found.touchedAgain, "row")} of ${name} changed by a trigger while put back`]
      : [];
  if (found.changed + found.deleted > 0) {
    const left = `${counted(found.changed, "row")} of ${name} that others changed since, ${found.deleted} that they deleted`;
    return { outcome: "conflict", detail: `${done}; left alone: ${left}`, remains: [...remains, left] };
  }
  if (found.restored > 0) return { outcome: "undone", detail: done, remains };
  return { outcome: "already", detail: `as before: ${counted(rows, "row")} of ${name}` };
}
