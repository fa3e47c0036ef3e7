import { z } from "zod";
import type { InjectContext, UndoId, UndoResult, UndoStep } from "@chaos-agents/core";
import type { Database } from "../database.ts";
import type { Dialect } from "../dialect.ts";
import type { Table } from "../schema.ts";
import type { Session } from "../session.ts";

const postgresBatchSchema = z.strictObject({
  engine: z.literal("postgres"),
  schema: z.string(),
  table: z.string(),
  /** The 64-bit id of the transaction that inserted the rows: rows that still bear it are as we made them. */
  xid: z.string(),
  rows: z.number(),
  /** Where an index finds them: a few ranges, however many rows. Null: by the transaction alone. */
  key: z
    .strictObject({
      column: z.string(),
      type: z.string(),
      between: z.array(z.tuple([z.string(), z.string()])).optional(),
      step: z.string().optional(),
      prefix: z.string().optional(),
    })
    .nullable(),
});
export type PostgresBatch = z.infer<typeof postgresBatchSchema>;

const mysqlBatchSchema = z.strictObject({
  engine: z.literal("mysql"),
  schema: z.string(),
  table: z.string(),
  rows: z.number(),
  /** The columns of the key. */
  key: z.array(z.string()),
  /** Told once they are inserted, and before the commit; null until then. */
  written: z
    .strictObject({
      /** The rows' keys; ranges of numbers, both ends included, where the server counted them. */
      keys: z.union([
        z.strictObject({ between: z.array(z.tuple([z.string(), z.string()])), step: z.string() }),
        z.array(z.array(z.string())),
      ]),
      /** The rows' digests in the same order, in one piece. */
      digests: z.string(),
    })
    .nullable(),
});
export type MysqlBatch = z.infer<typeof mysqlBatchSchema>;

/** One batch of inserted rows: enough to find them again, and to tell which were changed since. */
export const insertedBatchSchema = z.discriminatedUnion("engine", [postgresBatchSchema, mysqlBatchSchema]);
export type InsertedBatch = z.infer<typeof insertedBatchSchema>;

/** What each engine does its own way. */
export interface Inserting<Batch extends InsertedBatch = any> {
  insert(
    database: Database,
    table: Table,
    wanted: { rows: number; atOnce: number },
    context: InjectContext,
  ): AsyncGenerator<UndoStep<Batch>, void, UndoId>;
  /** How many rows of a batch are there as we made them. */
  residue(session: Session, dialect: Dialect, batch: Batch, table: Table, signal: AbortSignal): Promise<number>;
  undo(
    session: Session,
    dialect: Dialect,
    batch: Batch,
    table: Table | undefined,
    signal: AbortSignal,
  ): Promise<UndoResult>;
}
