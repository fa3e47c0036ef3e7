import { ChaosError, type InjectContext, type UndoId, type UndoStep } from "@chaos-agents/core";
import type { Database } from "../database.ts";
import type { Inserting, MysqlBatch } from "../rows/inserted-batch.ts";
import { inGroups } from "../rows/key-condition.ts";
import { readSources } from "../rows/read-sources.ts";
import { Refusals } from "../rows/refusals.ts";
import { type RowSources, countedKey, planBatch } from "../rows/row-maker.ts";
import type { Table } from "../schema.ts";
import type { Session } from "../session.ts";
import { readDigests } from "./row-digest.ts";
import { mysqlBatchResidue, undoMysqlBatch } from "./undo-insert.ts";

const batchRows = 5_000;
const mostPlaceholders = 20_000;

/**
 * Inserts rows in batches, each a transaction. The record is there before the first row, and holds the keys and digests
 * before the commit: a batch whose record has none was never committed.
 */
async function* insertRows(
  database: Database,
  table: Table,
  rows: number,
  context: InjectContext,
): AsyncGenerator<UndoStep<MysqlBatch>, void, UndoId> {
  const { signal } = context;
  await using session = await database.session(context.mark, { signal });
  const sources = await readSources(database, session, table, context.random, signal);
  const key = table.keys[0]!;
  const refusals = new Refusals();
  const waiting = [
    ...inGroups(
      Array.from({ length: rows }, () => 0),
      batchRows,
    ),
  ]
    .map(({ length }) => length)
    .reverse();
  let inserted = 0;
  let attempted = 0;
  for (let size = waiting.pop(); size !== undefined; size = waiting.pop()) {
    const record: MysqlBatch = {
      engine: "mysql",
      schema: table.schema,
      table: table.name,
      rows: size,
      key,
      written: null,
    };
    const undo = yield { record };
    try {
      await session.query("START TRANSACTION", [], { signal });
      const keys = await insertBatch(database, session, sources, key, { size, offset: attempted }, signal);
      const written = await readDigests(session, database.dialect, table, key, keys, { lock: false, signal });
      yield { record: { ...record, rows: written.length, written }, revises: undo };
      await session.query("COMMIT", [], { signal });
      inserted += size;
      context.progress(inserted, rows, "rows");
    } catch (error) {
      if (!refusals.isOfRows(database.refusal(error))) throw error;
      await session.query("ROLLBACK");
      if (size > 1) waiting.push(Math.ceil(size / 2), Math.floor(size / 2));
      else refusals.note(error);
      if (refusals.areHopeless(inserted)) {
        throw new ChaosError(
          "fault-not-landed",
          `the server refuses every row made up for ${table.schema}.${table.name}`,
          {
            cause: error,
            remedy: "give the table a few rows to copy from, or leave it out of tables",
          },
        );
      }
    } finally {
      attempted += size;
    }
  }
  if (refusals.rows > 0) context.note(`the server refused ${refusals.describe()}`);
}

/** Inserts one batch in the session's transaction; returns the keys it got. */
async function insertBatch(
  { dialect }: Database,
  session: Session,
  sources: RowSources,
  key: readonly string[],
  { size, offset }: { size: number; offset: number },
  signal: AbortSignal,
): Promise<string[][]> {
  const { table } = sources;
  const counted = countedKey(table);
  const batch = planBatch(sources, size, offset, null);
  const columns = batch.columns.filter(({ name }) => name !== counted?.name);
  const places = columns.map(({ name }) => batch.columns.findIndex((column) => column.name === name));
  const keyPlaces = key.map((name) => columns.findIndex((column) => column.name === name));
  const tuple = `(${columns.map((column) => dialect.write(column, "?")).join(", ")})`;
  const list = columns.map(({ name }) => dialect.quote(name)).join(", ");
  const keys: string[][] = [];
  const all = Array.from({ length: size }, (_, n) => n);
  for (const group of inGroups(all, Math.max(1, Math.floor(mostPlaceholders / Math.max(1, columns.length))))) {
    const rows = group.map((n) => {
      const row = batch.row(n);
      return places.map((place) => row[place]!);
    });
    const statement = `INSERT INTO ${dialect.table(table)} (${list}) VALUES ${rows.map(() => tuple).join(", ")}`;
    await session.execute(statement, rows.flat(), { signal });
    if (!counted) keys.push(...rows.map((row) => keyPlaces.map((place) => row[place]!)));
    else keys.push(...(await handedOut(session, rows.length, signal)));
  }
  return keys;
}

/** The keys the last INSERT … VALUES got: InnoDB hands them out in one piece for a statement of known size. */
async function handedOut(session: Session, count: number, signal: AbortSignal): Promise<string[][]> {
  const [row] = await session.rows("SELECT LAST_INSERT_ID(), @@auto_increment_increment", [], { signal });
  const [first, step] = row!.map((text) => BigInt(text!)) as [bigint, bigint];
  return Array.from({ length: count }, (_, n) => [String(first + BigInt(n) * step)]);
}

export const mysqlInserting: Inserting<MysqlBatch> = {
  insert: insertRows,
  residue: mysqlBatchResidue,
  undo: undoMysqlBatch,
};
