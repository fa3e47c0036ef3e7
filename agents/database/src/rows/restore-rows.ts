import type { UndoResult } from "@chaos-agents/core";
import type { Database } from "../database.ts";
import type { Table } from "../schema.ts";
import type { FoundRow } from "./bulk-rows.ts";
import { bulkRows } from "./bulk-rows-of.ts";
import type { ChangedRows } from "./changed-rows.ts";
import { columnsOf } from "./key-condition.ts";

interface Comparison {
  /** Still as we made them. */
  ours: FoundRow[];
  /** As they were before us. */
  restored: number;
  /** Changed by others since, or deleted. */
  foreign: number;
}

const sameValues = (a: readonly (string | null)[], b: readonly (string | null)[]) =>
  a.every((value, i) => value === b[i]);

function compare(record: ChangedRows, found: readonly FoundRow[]): Comparison {
  const now = new Map(found.map((row) => [JSON.stringify(row.key), row]));
  const result: Comparison = { ours: [], restored: 0, foreign: 0 };
  for (const [n, [key, values]] of record.originals.entries()) {
    const row = now.get(JSON.stringify(key));
    if (row && sameValues(row.values, values)) result.restored++;
    else if (row && row.digest === record.after![n]) result.ours.push({ ...row, values: [...values] });
    else result.foreign++;
  }
  return result;
}

/** Puts the originals back where rows still are as we made them; what others changed since stays as they left it. */
export async function restoreRows(
  database: Database,
  mark: string,
  record: ChangedRows,
  table: Table | undefined,
  signal: AbortSignal,
): Promise<UndoResult> {
  const name = `${record.schema}.${record.table}`;
  if (!table) return { outcome: "already", detail: `${name} is gone` };
  if (record.after === null) return { outcome: "already", detail: "its transaction never committed" };
  await using session = await database.session(mark, { signal });
  const asked = { table, key: columnsOf(table, record.key), columns: columnsOf(table, record.columns) };
  if ([...asked.key, ...asked.columns].includes(undefined!)) {
    return {
      outcome: "conflict",
      detail: `${name} has other columns now; its ${record.originals.length} rows were left`,
    };
  }
  const bulk = bulkRows(database);
  const keys = record.originals.map(([key]) => key);
  await session.query("START TRANSACTION", [], { signal });
  try {
    const { ours, foreign } = compare(record, await bulk.read(session, asked, keys, { lock: true, signal }));
    if (ours.length > 0) await bulk.write(session, asked, ours, signal);
    const now =
      ours.length > 0
        ? await bulk.read(
            session,
            asked,
            ours.map(({ key }) => key),
            { lock: false, signal },
          )
        : [];
    await session.query("COMMIT", [], { signal });
    const wanted = new Map(ours.map((row) => [JSON.stringify(row.key), row.values]));
    const differ = now.filter((row) => !sameValues(row.values, wanted.get(JSON.stringify(row.key))!)).length;
    const remains =
      differ > 0 ? [`${differ} rows of ${name} were changed once more by a trigger as they were put back`] : [];
    const done = `${ours.length} rows put back in ${name}`;
    if (foreign > 0) {
      const left = `${foreign} rows of ${name} that others changed or deleted since`;
      return { outcome: "conflict", detail: `${done}; left alone: ${left}`, remains: [...remains, left] };
    }
    return ours.length > 0
      ? { outcome: "undone", detail: done, remains }
      : { outcome: "already", detail: `all ${record.originals.length} rows of ${name} are as they were` };
  } catch (error) {
    await session.query("ROLLBACK").catch(() => {});
    throw error;
  }
}

/** How many rows still are as we made them. */
export async function changedResidue(
  database: Database,
  mark: string,
  record: ChangedRows,
  table: Table,
  signal: AbortSignal,
): Promise<number> {
  if (record.after === null) return 0;
  await using session = await database.session(mark, { readOnly: true, signal });
  const asked = { table, key: columnsOf(table, record.key), columns: columnsOf(table, record.columns) };
  const keys = record.originals.map(([key]) => key);
  return compare(record, await bulkRows(database).read(session, asked, keys, { lock: false, signal })).ours.length;
}
