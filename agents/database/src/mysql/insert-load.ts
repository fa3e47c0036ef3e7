import { ChaosError, type InjectContext, type UndoId, type UndoStep, counted } from "@chaos-agents/core";
import { tableKey } from "../choose-tables.ts";
import type { Database } from "../database.ts";
import { Batches } from "../rows/batches.ts";
import type { Inserting, MysqlBatch } from "../rows/inserted-batch.ts";
import { inGroups } from "../rows/key-condition.ts";
import { readSources } from "../rows/read-sources.ts";
import { type RowSources, planBatch } from "../rows/row-maker.ts";
import { countedColumn } from "../rows/table-rules.ts";
import type { Table } from "../schema.ts";
import type { Session } from "../session.ts";
import { readDigests } from "./row-digest.ts";
import { mysqlBatchResidue, undoMysqlBatch, writableKey } from "./undo-insert.ts";
import { writtenRows } from "./written-rows.ts";

const mostPlaceholders = 20_000;
/** Keys and digests of a whole batch are in memory. */
const mostAtOnce = 1_000;

/**
 * Inserts rows in batches, each a transaction. The record is there before the first row, and holds the keys and digests
 * before the commit: a batch whose record has none was never committed.
 */
async function* insertRows(
  database: Database,
  table: Table,
  { rows, atOnce }: { rows: number; atOnce: number },
  context: InjectContext,
): AsyncGenerator<UndoStep<MysqlBatch>, void, UndoId> {
  const { signal, random } = context;
  await using session = await database.session(context.mark, { signal });
  const counted = countedColumn(table);
  const sources = await readSources(database, session, table, { rows, counted, random, signal });
  const key = writableKey(table)!;
  const batches = new Batches(sources, rows, Math.min(atOnce, mostAtOnce));
  const common = { engine: "mysql" as const, schema: table.schema, table: table.name, key };
  for (let size = batches.next(); size !== undefined; size = batches.next()) {
    const record: MysqlBatch = { ...common, rows: size, written: null };
    const undo = yield { record };
    try {
      await session.query("START TRANSACTION", [], { signal });
      const keys = await insertBatch(database, session, sources, key, { size, offset: batches.attempted }, signal);
      const seen = await readDigests(session, database.dialect, table, key, keys, { lock: false, signal });
      if (seen.length !== keys.length) throw notFound(table, keys.length - seen.length);
      const step = counted ? await countingStep(session, signal) : null;
      yield { record: { ...record, rows: seen.length, written: writtenRows(seen, step) }, revises: undo };
      await session.query("COMMIT", [], { signal });
      batches.accept(size, seen.length);
      context.progress(batches.inserted, batches.rows, "rows");
    } catch (error) {
      if (!batches.isOfRows(database.refusal(error))) throw error;
      await session.query("ROLLBACK", [], { signal });
      batches.refuse(size, error);
    }
  }
  for (const note of batches.notes()) context.note(note);
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
  const { table, counted } = sources;
  const batch = planBatch(sources, size, offset, null);
  const { columns } = batch;
  const given = columns.map((column, place) => ({ column, place })).filter(({ column }) => column !== counted);
  const keyPlaces = key.map((name) => columns.findIndex((column) => column.name === name));
  const countedPlace = key.indexOf(counted?.name ?? "");
  const tuple = `(${given.map(({ column }) => dialect.write(column, "?")).join(", ")})`;
  const list = given.map(({ column }) => dialect.quote(column.name)).join(", ");
  const keys: string[][] = [];
  const all = Array.from({ length: size }, (_, n) => n);
  for (const group of inGroups(all, Math.max(1, Math.floor(mostPlaceholders / Math.max(1, given.length))))) {
    const rows = group.map((n) => batch.row(n));
    const statement = `INSERT INTO ${dialect.table(table)} (${list}) VALUES ${rows.map(() => tuple).join(", ")}`;
    const values = rows.flatMap((one) => given.map(({ place }) => one[place]!));
    await session.execute(statement, values, { signal });
    const numbers = countedPlace < 0 ? [] : await handedOut(session, rows.length, signal);
    for (const [n, one] of rows.entries())
      keys.push(keyPlaces.map((place, at) => (at === countedPlace ? numbers[n]! : one[place]!)));
  }
  return keys;
}

/** The numbers the last INSERT … VALUES got: InnoDB hands them out in one piece for a statement of known size. */
async function handedOut(session: Session, count: number, signal: AbortSignal): Promise<string[]> {
  const [row] = await session.rows("SELECT LAST_INSERT_ID()", [], { signal });
  const [first, step] = [BigInt(row![0]!), await countingStep(session, signal)];
  return Array.from({ length: count }, (_, n) => String(first + BigInt(n) * step));
}

const notFound = (table: Table, rows: number) =>
  new ChaosError(
    "fault-not-landed",
    `${counted(rows, "new row")} of ${tableKey(table)} could not be read back by their keys`,
    {
      remedy: "leave the table out of tables: a trigger or its key's type changes the keys that are written",
    },
  );

async function countingStep(session: Session, signal: AbortSignal): Promise<bigint> {
  const [row] = await session.rows("SELECT @@auto_increment_increment", [], { signal });
  return BigInt(row![0]!);
}

export const mysqlInserting: Inserting<MysqlBatch> = {
  insert: insertRows,
  residue: mysqlBatchResidue,
  undo: undoMysqlBatch,
};
