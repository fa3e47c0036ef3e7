import type { InjectContext, UndoId, UndoStep } from "@chaos-agents/core";
import type { Database } from "../database.ts";
import { type Changing, changeGroups, changingOf } from "../rows/change-rows.ts";
import type { ChangesWanted, MysqlChanges, Updating } from "../rows/changed-rows.ts";
import { changedValues } from "../rows/row-changes.ts";
import type { Table } from "../schema.ts";
import { byKey, readRows, writeRows } from "./keyed-rows.ts";
import { digestLength } from "./row-digest.ts";
import { changedResidue, undoChanges } from "./undo-update.ts";
import { walkKeys } from "./walk-keys.ts";

/** All rows of a group are in memory. */
const mostAtOnce = 1_000;

async function* changeRows(
  database: Database,
  table: Table,
  wanted: ChangesWanted,
  context: InjectContext,
): AsyncGenerator<UndoStep<MysqlChanges>, void, UndoId> {
  const { signal } = context;
  await using session = await database.session(context.mark, { signal, lockTimeout: 2_000 });
  const atOnce = Math.min(wanted.atOnce, mostAtOnce);
  const changing = changingOf(session, table, wanted.columns, context);
  yield* changeGroups(
    database,
    changing,
    wanted,
    {
      groups: walkKeys(database, session, changing, { rows: wanted.rows, atOnce }, signal),
      sizeOf: (keys) => keys.length,
      halve: (keys) => [keys.slice(0, keys.length >> 1), keys.slice(keys.length >> 1)],
      change: (keys) => changeGroup(database, changing, keys, context),
    },
    context,
  );
}

/**
 * Locks and reads, tells the originals, changes and reads back, tells the digests, commits: a group whose record has no
 * digests was never committed.
 */
async function* changeGroup(
  { dialect }: Database,
  { session, table, key, columns, restored, free }: Changing,
  keys: readonly string[][],
  { signal, random }: InjectContext,
): AsyncGenerator<UndoStep<MysqlChanges>, number, UndoId> {
  await session.query("START TRANSACTION", [], { signal });
  const found = await readRows(session, dialect, { table, key, columns: restored }, keys, { lock: "skip", signal });
  if (found.length === 0) {
    await session.query("ROLLBACK", [], { signal });
    return 0;
  }
  const record: MysqlChanges = {
    engine: "mysql",
    schema: table.schema,
    table: table.name,
    key: key.map(({ name }) => name),
    columns: restored.map(({ name }) => name),
    originals: found.map(({ key, values }) => [key, values]),
    after: null,
  };
  const undo = yield { record };
  const places = columns.map((column) => restored.indexOf(column));
  const before = found.map(({ values }) => places.map((place) => values[place]!));
  const after = changedValues(columns, before, { random, free });
  const rows = found.map((row, n) => ({ key: row.key, values: after[n]! }));
  await writeRows(session, dialect, { table, key, columns }, rows, signal);
  const foundKeys = found.map((row) => row.key);
  const seen = byKey(await readRows(session, dialect, { table, key, columns: [] }, foundKeys, { lock: null, signal }));
  const digests = foundKeys.map((one) => seen.get(JSON.stringify(one))?.digest ?? "?".repeat(digestLength));
  yield { record: { ...record, after: digests.join("") }, revises: undo };
  await session.query("COMMIT", [], { signal });
  return found.length;
}

export const mysqlUpdating: Updating<MysqlChanges> = { change: changeRows, residue: changedResidue, undo: undoChanges };
