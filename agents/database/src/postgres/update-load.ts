import type { InjectContext, UndoId, UndoStep } from "@chaos-agents/core";
import type { Database } from "../database.ts";
import { type Changing, changeGroups, changingOf } from "../rows/change-rows.ts";
import type { ChangesWanted, PostgresChanges, Updating } from "../rows/changed-rows.ts";
import { inventValue } from "../rows/fresh-values.ts";
import type { Column, Table } from "../schema.ts";
import { type KeyGroup, exactText, halve, keyedArrays, only, pickGroups, sizeOf } from "./key-groups.ts";
import { beginPinned } from "./pinned-transaction.ts";
import { changedResidue, undoChanges } from "./undo-update.ts";
import { literal, quote, textArray } from "./values.ts";

async function* changeRows(
  database: Database,
  table: Table,
  wanted: ChangesWanted,
  context: InjectContext,
): AsyncGenerator<UndoStep<PostgresChanges>, void, UndoId> {
  const { signal } = context;
  await using session = await database.session(context.mark, { signal, lockTimeout: 2_000 });
  const changing = changingOf(session, table, wanted.columns, context);
  const change = (group: KeyGroup) => changeGroup(database, changing, group, context);
  const groups = pickGroups(database, session, changing, wanted, signal);
  yield* changeGroups(database, changing, wanted, { groups, sizeOf, halve, change }, context);
}

/** Locks and reads, tells the originals and the transaction, changes, commits. */
async function* changeGroup(
  database: Database,
  changing: Changing,
  group: KeyGroup,
  context: InjectContext,
): AsyncGenerator<UndoStep<PostgresChanges>, number, UndoId> {
  const { session, table, key, restored } = changing;
  const { signal } = context;
  const xid = await beginPinned(database, session, signal);
  const { rows, keys, originals } = await readGroup(changing, group, signal);
  if (rows === 0) {
    await session.query("ROLLBACK", [], { signal });
    return 0;
  }
  const record: PostgresChanges = {
    engine: "postgres",
    schema: table.schema,
    table: table.name,
    key: key.map(({ name }) => name),
    columns: restored.map(({ name }) => name),
    xid,
    rows,
    keys,
    originals,
    ends: group.ends,
  };
  yield { record };
  await writeGroup(changing, record, context);
  await session.query("COMMIT", [], { signal });
  return rows;
}

/** Rows that others have locked are passed over. The lock is one that those who only point to a row get along with. */
async function readGroup({ session, table, key, restored }: Changing, group: KeyGroup, signal: AbortSignal) {
  const { from, on } = keyedArrays(
    key,
    key.map((_, i) => `($${i + 1}::text[])[${group.from}:${group.to}]`),
  );
  const columns = [...key, ...restored];
  const list = columns.map((column, i) => `${exactText(column, "t")} AS c${i}`).join(", ");
  const order = key.map(({ name }) => `t.${quote(name)}`).join(", ");
  const [row] = await session.rows(
    `WITH found AS (SELECT ${list} FROM ${only(table)} t JOIN ${from} ON ${on} ORDER BY ${order} FOR NO KEY UPDATE OF t SKIP LOCKED)
     SELECT count(*), ${columns.map((_, i) => `array_agg(c${i})::text`).join(", ")} FROM found`,
    [...group.keys, ...group.ends],
    { signal },
  );
  const [rows, ...texts] = row as string[];
  return { rows: Number(rows), keys: texts.slice(0, key.length), originals: texts.slice(key.length) };
}

/** Made-up values come from here; those of other rows are with the server already, it turns them round. */
async function writeGroup(
  changing: Changing,
  record: PostgresChanges,
  { signal, random }: InjectContext,
): Promise<void> {
  const { session, table, key, columns, restored, free } = changing;
  const { rows } = record;
  const turn = 1 + (rows > 1 ? random.below(rows - 1) : 0);
  const arrays = key.map((_, i) => `$${i + 1}::text[]`);
  const values = [...record.keys];
  const sets = columns.map((column) => {
    const name = quote(column.name);
    const invent = free.includes(column) ? inventValue(column, random) : undefined;
    const next = invent && nextValue(column);
    if (next !== undefined) return `${name} = ${next}`;
    const place = `$${arrays.length + 1}::text[]`;
    values.push(
      invent
        ? textArray(Array.from({ length: rows }, (_, n) => invent(n)))
        : record.originals[restored.indexOf(column)]!,
    );
    arrays.push(invent ? place : `(${place})[${turn + 1}:] || (${place})[:${turn}]`);
    return `${name} = v.c${arrays.length - 1}::${column.type}`;
  });
  const { from, on } = keyedArrays(key, arrays);
  const statement = `UPDATE ${only(table)} t SET ${sets.join(", ")} FROM ${from} WHERE ${on}`;
  await session.execute(statement, [...values, ...record.ends], { signal });
}

/** Where there are only a few values, one out of thin air may be the old one. */
function nextValue(column: Column): string | undefined {
  const name = `t.${quote(column.name)}`;
  if (column.kind === "boolean") return `NOT coalesce(${name}, false)`;
  if (column.kind !== "enum") return undefined;
  const words = column.words!.map(literal);
  const cases = words.map((word, n) => `WHEN ${word} THEN ${words[(n + 1) % words.length]}`).join(" ");
  return `(CASE ${name}::text ${cases} ELSE ${words[0]} END)::${column.type}`;
}

export const postgresUpdating: Updating<PostgresChanges> = {
  change: changeRows,
  residue: changedResidue,
  undo: undoChanges,
};
