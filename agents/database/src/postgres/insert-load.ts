import type { InjectContext, UndoId, UndoStep } from "@chaos-agents/core";
import type { Database } from "../database.ts";
import type { Inserting, PostgresBatch } from "../rows/inserted-batch.ts";
import { Batches } from "../rows/batches.ts";
import { readSources } from "../rows/read-sources.ts";
import { type KeySpan, planBatch } from "../rows/row-maker.ts";
import { countedColumn } from "../rows/table-rules.ts";
import type { Table } from "../schema.ts";
import { copyRows } from "./copy-rows.ts";
import { drawKeys, usableSequence } from "./draw-keys.ts";
import { beginPinned } from "./pinned-transaction.ts";
import { batchResidue, undoBatch } from "./undo-insert.ts";

/**
 * Inserts rows in batches, each a transaction with an undo record of its own. A batch that the server refuses is rolled
 * back and halved, down to the rows that cannot be; those are counted and named.
 */
async function* insertRows(
  database: Database,
  table: Table,
  { rows, atOnce }: { rows: number; atOnce: number },
  context: InjectContext,
): AsyncGenerator<UndoStep<PostgresBatch>, void, UndoId> {
  const { signal, random } = context;
  const { dialect } = database;
  await using session = await database.session(context.mark, { signal });
  const column = countedColumn(table);
  const sequence = column ? await usableSequence(session, dialect, table, column, signal) : null;
  const counted = sequence === null ? undefined : column;
  const sources = await readSources(database, session, table, { rows, counted, random, signal });
  const batches = new Batches(sources, rows, atOnce);
  for (let size = batches.next(); size !== undefined; size = batches.next()) {
    const xid = await beginPinned(database, session, signal);
    const drawn = sequence === null ? null : await drawKeys(session, sequence, size, signal);
    const batch = planBatch(sources, size, batches.attempted, drawn);
    const record = recordOf(table, xid, size, batch.key);
    const undo = yield { record };
    try {
      const columns = batch.columns.map(({ name }) => dialect.quote(name)).join(", ");
      const statement = `COPY ${dialect.table(table)} (${columns}) FROM STDIN`;
      const copied = await copyRows(session, statement, size, (n) => batch.row(n), signal);
      if (copied !== size) yield { record: { ...record, rows: copied }, revises: undo };
      await session.query("COMMIT", [], { signal });
      batches.accept(size, copied);
      context.progress(batches.inserted, batches.rows, "rows");
    } catch (error) {
      if (!batches.isOfRows(database.refusal(error))) throw error;
      await session.query("ROLLBACK", [], { signal });
      batches.refuse(size, error);
    }
  }
  for (const note of batches.notes()) context.note(note);
}

const recordOf = (table: Table, xid: string, rows: number, key: KeySpan | null): PostgresBatch => ({
  engine: "postgres",
  schema: table.schema,
  table: table.name,
  xid,
  rows,
  key: key && { ...key, type: table.columns.find(({ name }) => name === key.column)!.type },
});

export const postgresInserting: Inserting<PostgresBatch> = {
  insert: insertRows,
  residue: batchResidue,
  undo: undoBatch,
};
