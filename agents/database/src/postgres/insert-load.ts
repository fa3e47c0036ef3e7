import { ChaosError, type InjectContext, type UndoId, type UndoStep } from "@chaos-agents/core";
import type { Database } from "../database.ts";
import { countedKey, planBatch } from "../rows/row-maker.ts";
import { readSources } from "../rows/read-sources.ts";
import type { Inserting, PostgresBatch } from "../rows/inserted-batch.ts";
import { Refusals } from "../rows/refusals.ts";
import type { Table } from "../schema.ts";
import { copyRows } from "./copy-rows.ts";
import { batchRecord, batchResidue, drawKeys, sequenceOf, undoBatch } from "./insert-rows.ts";

const batchRows = 50_000;

/**
 * Inserts rows in batches, each a transaction with an undo record of its own. A batch that the server refuses is rolled
 * back and halved, down to the rows that cannot be; those are counted and named.
 */
async function* insertRows(
  database: Database,
  table: Table,
  rows: number,
  context: InjectContext,
): AsyncGenerator<UndoStep<PostgresBatch>, void, UndoId> {
  const { signal } = context;
  const { dialect } = database;
  await using session = await database.session(context.mark, { signal });
  const sources = await readSources(database, session, table, context.random, signal);
  const key = countedKey(table);
  const sequence = key
    ? await sequenceOf((sql, values) => session.query(sql, values, { signal }), dialect, table, key.name)
    : null;
  const refusals = new Refusals();
  const waiting = batchSizes(rows);
  let inserted = 0;
  let attempted = 0;
  for (let size = waiting.pop(); size !== undefined; size = waiting.pop()) {
    await session.query("BEGIN");
    const xid = (await dialect.transactionId(session))!;
    const counted = sequence ? await drawKeys(session, sequence, size) : null;
    const batch = planBatch(sources, size, attempted, counted);
    attempted += size;
    yield batchRecord(table, xid, size, batch.key);
    try {
      const columns = batch.columns.map(({ name }) => dialect.quote(name)).join(", ");
      const statement = `COPY ${dialect.table(table)} (${columns}) FROM STDIN`;
      await copyRows(session, statement, size, (n) => batch.row(n), signal);
      await session.query("COMMIT");
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
    }
  }
  if (refusals.rows > 0) context.note(`the server refused ${refusals.describe()}`);
}

function batchSizes(rows: number): number[] {
  const whole = Array.from({ length: Math.floor(rows / batchRows) }, () => batchRows);
  return rows % batchRows > 0 ? [rows % batchRows, ...whole] : whole;
}

export const postgresInserting: Inserting<PostgresBatch> = {
  insert: insertRows,
  residue: batchResidue,
  undo: undoBatch,
};
