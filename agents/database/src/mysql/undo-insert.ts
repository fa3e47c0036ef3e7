import type { UndoResult } from "@chaos-agents/core";
import type { Dialect } from "../dialect.ts";
import type { MysqlBatch } from "../rows/inserted-batch.ts";
import { columnsOf, inGroups, keyCondition, keysAtOnce } from "../rows/key-condition.ts";
import type { ForeignKey, Table } from "../schema.ts";
import type { Session } from "../session.ts";
import { readDigests } from "./row-digest.ts";

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
  const expected = new Map(batch.written.map(([key, digest]) => [JSON.stringify(key), digest]));
  let deleted = 0;
  let kept = 0;
  await session.query("START TRANSACTION", [], { signal });
  try {
    for (const group of inGroups(batch.written, keysAtOnce)) {
      const keys = group.map(([key]) => key);
      const found = await readDigests(session, dialect, table, batch.key, keys, { lock: true, signal });
      const ours = found.filter(([key, digest]) => expected.get(JSON.stringify(key)) === digest).map(([key]) => key);
      const gone = ours.length > 0 ? await deleteUnreferenced(session, dialect, table, batch.key, ours, signal) : 0;
      deleted += gone;
      kept += found.length - gone;
    }
    await session.query("COMMIT", [], { signal });
  } catch (error) {
    await session.query("ROLLBACK").catch(() => {});
    throw error;
  }
  if (kept > 0) {
    const detail = `${deleted} rows deleted from ${name}; ${kept} were changed or are referenced by others, and stay`;
    return { outcome: "conflict", detail, remains: [`${kept} rows in ${name} that others use`] };
  }
  if (deleted === 0) return { outcome: "already", detail: `none of its ${batch.rows} rows is left in ${name}` };
  const missing = batch.rows - deleted;
  const detail = `${deleted} rows deleted from ${name}`;
  return { outcome: "undone", detail: missing > 0 ? `${detail}; ${missing} had been deleted by others` : detail };
}

async function deleteUnreferenced(
  session: Session,
  dialect: Dialect,
  table: Table,
  key: readonly string[],
  keys: readonly string[][],
  signal: AbortSignal,
): Promise<number> {
  const { sql, values } = keyCondition(dialect, columnsOf(table, key), keys);
  const target = dialect.table(table);
  const others = table.referencedBy
    .map((reference) => ` AND NOT EXISTS (${referenceTo(dialect, target, reference)})`)
    .join("");
  return await session.execute(`DELETE FROM ${target} WHERE (${sql})${others}`, values, { signal });
}

/** MySQL reads the table it deletes from only through a derived one. */
const referenceTo = (dialect: Dialect, target: string, { table, columns, referencedColumns }: ForeignKey) =>
  `SELECT 1 FROM ${dialect.table(table) === target ? `(SELECT * FROM ${target})` : dialect.table(table)} r WHERE ${columns
    .map((column, i) => `r.${dialect.quote(column)} = ${target}.${dialect.quote(referencedColumns[i]!)}`)
    .join(" AND ")}`;

/** How many rows of a batch can be seen. */
export async function mysqlBatchResidue(
  session: Session,
  dialect: Dialect,
  batch: MysqlBatch,
  table: Table,
  signal: AbortSignal,
): Promise<number> {
  const keys = (batch.written ?? []).map(([key]) => key);
  return (await readDigests(session, dialect, table, batch.key, keys, { lock: false, signal })).length;
}
