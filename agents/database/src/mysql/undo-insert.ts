import { counted, type UndoResult } from "@chaos-agents/core";
import type { Dialect } from "../dialect.ts";
import type { MysqlBatch } from "../rows/inserted-batch.ts";
import { columnsOf, inGroups, keyCondition, keysAtOnce } from "../rows/key-condition.ts";
import type { ForeignKey, Table } from "../schema.ts";
import type { Session } from "../session.ts";
import { readDigests } from "./row-digest.ts";
import { rowsOf } from "./written-rows.ts";

/** The first key whose columns we may write, for we have to know it. */
export const writableKey = ({ keys, columns }: Table): string[] | undefined =>
  keys.find((key) => columns.every(({ name, generated }) => generated === null || !key.includes(name)));

/** Deletes a batch's rows where they still are as we made them; what others changed or point to stays. */
export async function undoMysqlBatch(
  session: Session,
  dialect: Dialect,
  batch: MysqlBatch,
  table: Table | undefined,
  signal: AbortSignal,
): Promise<UndoResult> {
  const name = `${batch.schema}.${batch.table}`;
  if (!table) return { outcome: "already", detail: `${name} is gone` };
  if (batch.written === null) return { outcome: "already", detail: "its transaction never committed" };
  let deleted = 0;
  let kept = 0;
  await session.query("START TRANSACTION", [], { signal });
  try {
    for (const group of inGroups([...rowsOf(batch.written)], keysAtOnce)) {
      const expected = new Map(group.map(([key, digest]) => [JSON.stringify(key), digest]));
      const keys = group.map(([key]) => key);
      const found = await readDigests(session, dialect, table, batch.key, keys, { lock: true, signal });
      const ours = found.filter(([key, digest]) => expected.get(JSON.stringify(key)) === digest).map(([key]) => key);
      const used = await referenced(session, dialect, table, batch.key, ours, signal);
      const unused = ours.filter((key) => !used.has(JSON.stringify(key)));
      await deleteRows(session, dialect, table, batch.key, unused, signal);
      deleted += unused.length;
      kept += found.length - unused.length;
    }
    await session.query("COMMIT", [], { signal });
  } catch (error) {
    await session.query("ROLLBACK").catch(() => {});
    throw error;
  }
  const done = `${counted(deleted, "row")} deleted from ${name}`;
  if (kept > 0) {
    const left = `${counted(kept, "row")} of ours in ${name} that others changed or point to`;
    return { outcome: "conflict", detail: `${done}; left: ${left}`, remains: [left] };
  }
  if (deleted === 0)
    return { outcome: "already", detail: `none of its ${counted(batch.rows, "row")} is left in ${name}` };
  const missing = batch.rows - deleted;
  return { outcome: "undone", detail: missing > 0 ? `${done}; ${missing} had been deleted by others` : done };
}

async function deleteRows(
  session: Session,
  dialect: Dialect,
  table: Table,
  key: readonly string[],
  keys: readonly string[][],
  signal: AbortSignal,
): Promise<void> {
  if (keys.length === 0) return;
  const { sql, values } = keyCondition(dialect, columnsOf(table, key), keys);
  await session.execute(`DELETE FROM ${dialect.table(table)} WHERE ${sql}`, values, { signal });
}

/** Keys of rows that others point to, as it is now and not when the transaction began. They are locked: nobody else will. */
async function referenced(
  session: Session,
  dialect: Dialect,
  table: Table,
  key: readonly string[],
  keys: readonly string[][],
  signal: AbortSignal,
): Promise<Set<string>> {
  const used = new Set<string>();
  if (keys.length === 0) return used;
  const columns = columnsOf(table, key);
  const list = columns.map((column) => dialect.read(column, "t")).join(", ");
  const { sql, values } = keyCondition(dialect, columns, keys, { alias: "t" });
  for (const reference of table.referencedBy) {
    const from = `${dialect.table(table)} t JOIN ${dialect.table(reference.table)} r ON ${pointing(dialect, reference)}`;
    const rows = await session.rows(`SELECT ${list} FROM ${from} WHERE ${sql} LOCK IN SHARE MODE`, values, { signal });
    for (const row of rows) used.add(JSON.stringify(row));
  }
  return used;
}

const pointing = (dialect: Dialect, { columns, referencedColumns }: ForeignKey) =>
  columns.map((column, i) => `r.${dialect.quote(column)} = t.${dialect.quote(referencedColumns[i]!)}`).join(" AND ");

/** How many rows of a batch are there as we made them. */
export async function mysqlBatchResidue(
  session: Session,
  dialect: Dialect,
  batch: MysqlBatch,
  table: Table,
  signal: AbortSignal,
): Promise<number> {
  let seen = 0;
  for (const group of inGroups(batch.written ? [...rowsOf(batch.written)] : [], keysAtOnce)) {
    const expected = new Map(group.map(([key, digest]) => [JSON.stringify(key), digest]));
    const keys = group.map(([key]) => key);
    const found = await readDigests(session, dialect, table, batch.key, keys, { lock: false, signal });
    seen += found.filter(([key, digest]) => expected.get(JSON.stringify(key)) === digest).length;
  }
  return seen;
}
