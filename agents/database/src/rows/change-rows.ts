import { ChaosError, type InjectContext, type UndoId, type UndoStep } from "@chaos-agents/core";
import { tableKey } from "../choose-tables.ts";
import type { Database } from "../database.ts";
import type { Table } from "../schema.ts";
import type { Session } from "../session.ts";
import { type BulkRows, type RowsAsked, pickKeys } from "./bulk-rows.ts";
import { bulkRows } from "./bulk-rows-of.ts";
import type { ChangedRows } from "./changed-rows.ts";
import { columnsOf, inGroups } from "./key-condition.ts";
import { Refusals } from "./refusals.ts";
import { changeableColumns, changedValues } from "./row-changes.ts";
import { writableColumns } from "./row-maker.ts";

const groupRows = 5_000;
const mostChanged = 3;

/**
 * Changes rows picked at random, group by group: lock and read, tell the originals, change and read back, tell the
 * digests, commit. A group whose record has no digests was never committed.
 */
export async function* changeRows(
  database: Database,
  table: Table,
  rows: number,
  context: InjectContext,
): AsyncGenerator<UndoStep<ChangedRows>, void, UndoId> {
  const { signal, random } = context;
  await using session = await database.session(context.mark, { signal, lockTimeout: 2_000 });
  const key = columnsOf(table, table.keys[0]!);
  const { columns: open, madeUp } = changeableColumns(table);
  const changed = { table, key, columns: random.sample(open, mostChanged) };
  const whole: RowsAsked = { table, key, columns: writableColumns(table) };
  const bulk = bulkRows(database);
  const picked = await pickKeys(database, session, whole, rows, signal);
  if (picked.length === 0) {
    throw new ChaosError("fault-not-landed", `${tableKey(table)} has no rows to change`, {
      remedy: "leave it out of tables, or insert rows in an experiment of its own first",
    });
  }
  const refusals = new Refusals();
  const waiting = [...inGroups(picked, groupRows)].reverse();
  let done = 0;
  for (let keys = waiting.pop(); keys !== undefined; keys = waiting.pop()) {
    try {
      yield* changeGroup({ database, session, bulk, whole, changed, madeUp }, keys, context);
      done += keys.length;
      context.progress(done, picked.length, "rows");
    } catch (error) {
      const why = database.refusal(error);
      if (why !== "lock-timeout" && !refusals.isOfRows(why)) throw error;
      await session.query("ROLLBACK");
      const middle = Math.ceil(keys.length / 2);
      if (keys.length > 1 && refusals.isOfRows(why)) waiting.push(keys.slice(middle), keys.slice(0, middle));
      else refusals.note(error, keys.length);
      if (refusals.areHopeless(done)) break;
    }
  }
  if (refusals.rows > 0) context.note(`the server refused ${refusals.describe()}`);
  if (done === 0)
    throw new ChaosError("fault-not-landed", `no row of ${tableKey(table)} could be changed: ${refusals.describe()}`);
}

interface Changing {
  database: Database;
  session: Session;
  bulk: BulkRows;
  whole: RowsAsked;
  changed: RowsAsked;
  madeUp: boolean;
}

async function* changeGroup(
  { session, bulk, whole, changed, madeUp }: Changing,
  keys: readonly string[][],
  { signal, random }: InjectContext,
): AsyncGenerator<UndoStep<ChangedRows>, void, UndoId> {
  await session.query("START TRANSACTION", [], { signal });
  const found = await bulk.read(session, whole, keys, { lock: true, signal });
  const record: ChangedRows = {
    schema: whole.table.schema,
    table: whole.table.name,
    key: whole.key.map(({ name }) => name),
    columns: whole.columns.map(({ name }) => name),
    originals: found.map(({ key, values }) => [key, values]),
    after: null,
  };
  const undo = yield { record };
  const places = changed.columns.map((column) => whole.columns.indexOf(column));
  const before = found.map(({ values }) => places.map((place) => values[place]!));
  const after = changedValues(changed.columns, before, random, madeUp);
  await bulk.write(
    session,
    changed,
    found.map(({ key }, n) => ({ key, values: after[n]! })),
    signal,
  );
  const seen = await bulk.read(
    session,
    { ...whole, columns: [] },
    found.map(({ key }) => key),
    { lock: false, signal },
  );
  const digests = new Map(seen.map((row) => [JSON.stringify(row.key), row.digest]));
  yield { record: { ...record, after: found.map(({ key }) => digests.get(JSON.stringify(key)) ?? "") }, revises: undo };
  await session.query("COMMIT", [], { signal });
}
