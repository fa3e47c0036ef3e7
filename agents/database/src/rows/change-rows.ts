import { ChaosError, type InjectContext, type UndoId, type UndoStep } from "@chaos-agents/core";
import { tableKey } from "../choose-tables.ts";
import type { Database } from "../database.ts";
import type { Column, Table } from "../schema.ts";
import type { Session } from "../session.ts";
import type { BulkRows, RowsAsked } from "./bulk-rows.ts";
import { bulkRows } from "./bulk-rows-of.ts";
import type { ChangedRows } from "./changed-rows.ts";
import { columnsOf } from "./key-condition.ts";
import { Refusals } from "./refusals.ts";
import { changeableColumns, changedValues, restorableColumns } from "./row-changes.ts";

const mostChanged = 3;

/**
 * Changes rows picked at random, group by group: lock and read, tell the originals and what will be known as ours,
 * change, commit. Where only a look at the changed rows tells what is ours, that is told before the commit as well.
 */
export async function* changeRows(
  database: Database,
  table: Table,
  { rows, atOnce, columns: named }: { rows: number; atOnce: number; columns?: string[] | undefined },
  context: InjectContext,
): AsyncGenerator<UndoStep<ChangedRows>, void, UndoId> {
  const { signal, random } = context;
  await using session = await database.session(context.mark, { signal, lockTimeout: 2_000 });
  const key = columnsOf(table, table.keys[0]!);
  const { open, free } = changeableColumns(table);
  const columns = named ? columnsOf(table, named) : random.sample(free.length > 0 ? free : open, mostChanged);
  const changing: Changing = {
    database,
    session,
    bulk: bulkRows(database),
    known: { table, key, columns: restorableColumns(table, columns) },
    changed: { table, key, columns },
    free,
  };
  const refusals = new Refusals();
  let done = 0;
  let passedOver = 0;
  for await (const picked of changing.bulk.pick(database, session, { table, key }, { rows, atOnce }, signal)) {
    const waiting = [picked];
    for (let keys = waiting.pop(); keys !== undefined; keys = waiting.pop()) {
      try {
        const changed = yield* changeGroup(changing, keys, context);
        done += changed;
        passedOver += keys.length - changed;
        context.progress(done, rows, "rows");
      } catch (error) {
        const why = database.refusal(error);
        const ofRows = refusals.isOfRows(why);
        if (!ofRows && why !== "lock-timeout" && why !== "deadlock") throw error;
        await session.query("ROLLBACK", [], { signal });
        const middle = Math.ceil(keys.length / 2);
        if (ofRows && keys.length > 1) waiting.push(keys.slice(middle), keys.slice(0, middle));
        else refusals.note(error, keys.length);
      }
      if (refusals.areHopeless(done)) break;
    }
    if (refusals.areHopeless(done)) break;
  }
  if (refusals.rows > 0) context.note(`the server refused ${refusals.describe()}`);
  if (passedOver > 0) context.note(`${passedOver} rows were left out: others had locked or deleted them`);
  if (done > 0) return;
  const why = refusals.rows > 0 ? refusals.describe() : passedOver > 0 ? "others had locked them" : "it has none";
  throw new ChaosError("fault-not-landed", `no row of ${tableKey(table)} could be changed: ${why}`, {
    remedy: "leave it out of tables, or give it rows before the experiment",
  });
}

interface Changing {
  database: Database;
  session: Session;
  bulk: BulkRows;
  /** With the columns that are put back. */
  known: RowsAsked;
  /** With the columns that are changed. */
  changed: RowsAsked;
  /** Columns whose values may be made up. */
  free: readonly Column[];
}

/** Returns how many rows it changed. */
async function* changeGroup(
  { database, session, bulk, known, changed, free }: Changing,
  keys: readonly string[][],
  { signal, random }: InjectContext,
): AsyncGenerator<UndoStep<ChangedRows>, number, UndoId> {
  const versions = await bulk.begin(database, session, signal);
  const found = await bulk.read(session, known, keys, { lock: "skip", signal });
  if (found.length === 0) {
    await session.query("ROLLBACK", [], { signal });
    return 0;
  }
  const record: ChangedRows = {
    schema: known.table.schema,
    table: known.table.name,
    key: known.key.map(({ name }) => name),
    columns: known.columns.map(({ name }) => name),
    originals: found.map(({ key, values }) => [key, values]),
    after: versions,
  };
  const undo = yield { record };
  const places = changed.columns.map((column) => known.columns.indexOf(column));
  const before = found.map(({ values }) => places.map((place) => values[place]!));
  const after = changedValues(changed.columns, before, { random, free });
  await bulk.write(
    session,
    changed,
    found.map(({ key }, n) => ({ key, values: after[n]! })),
    signal,
  );
  if (versions === null) {
    const foundKeys = found.map(({ key }) => key);
    const seen = await bulk.read(session, { ...known, columns: [] }, foundKeys, { lock: null, signal });
    const byKey = new Map(seen.map((row) => [JSON.stringify(row.key), row.version]));
    const digests = foundKeys.map((key) => byKey.get(JSON.stringify(key)) ?? "");
    yield { record: { ...record, after: digests }, revises: undo };
  }
  await session.query("COMMIT", [], { signal });
  return found.length;
}
