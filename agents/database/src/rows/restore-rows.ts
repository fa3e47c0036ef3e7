import type { UndoResult } from "@chaos-agents/core";
import type { Database } from "../database.ts";
import type { Table } from "../schema.ts";
import type { Session } from "../session.ts";
import type { FoundRow } from "./bulk-rows.ts";
import { bulkRows } from "./bulk-rows-of.ts";
import type { ChangedRows } from "./changed-rows.ts";
import { columnsOf } from "./key-condition.ts";

interface Comparison {
  /** Still as we made them, with the values they had before. */
  ours: Pick<FoundRow, "key" | "values">[];
  /** Changed by others since. */
  changed: number;
  deleted: number;
}

const sameValues = (a: readonly (string | null)[], b: readonly (string | null)[]) =>
  a.every((value, i) => value === b[i]);

/** Rows that are as they were before us need nothing. */
function compare(database: Database, record: ChangedRows, found: readonly FoundRow[]): Comparison {
  const bulk = bulkRows(database);
  const now = byKey(found);
  const result: Comparison = { ours: [], changed: 0, deleted: 0 };
  for (const [n, [key, values]] of record.originals.entries()) {
    const row = now.get(JSON.stringify(key));
    if (!row) result.deleted++;
    else if (sameValues(row.values, values)) continue;
    else if (record.after && bulk.isOurs(record.after, row.version, n)) result.ours.push({ key, values });
    else result.changed++;
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
  if (await neverCommitted(database, record, signal))
    return { outcome: "already", detail: "its transaction never committed" };
  const asked = askedOf(record, table);
  if ([...asked.key, ...asked.columns].includes(undefined!)) {
    const detail = `${name} has other columns now; its ${record.originals.length} rows were left`;
    return { outcome: "conflict", detail, remains: [detail] };
  }
  const bulk = bulkRows(database);
  const keys = record.originals.map(([key]) => key);
  await using session = await database.session(mark, { signal });
  await session.query("START TRANSACTION", [], { signal });
  try {
    const found = await bulk.read(session, asked, keys, { lock: "wait", signal });
    const { ours, changed, deleted } = compare(database, record, found);
    await bulk.write(session, asked, ours, signal);
    const triggers = table.triggers.some(({ enabled, events }) => enabled && events.includes("update"));
    const ourKeys = ours.map(({ key }) => key);
    const now = triggers ? byKey(await bulk.read(session, asked, ourKeys, { lock: null, signal })) : undefined;
    await session.query("COMMIT", [], { signal });
    const differ = now
      ? ours.filter(({ key, values }) => !sameValues(now.get(JSON.stringify(key))!.values, values))
      : [];
    const remains =
      differ.length > 0
        ? [`${differ.length} rows of ${name} were changed once more by a trigger as they were put back`]
        : [];
    const done = `${ours.length} rows put back in ${name}`;
    if (changed + deleted > 0) {
      const left = `${changed} rows of ${name} that others changed since, ${deleted} that they deleted`;
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
  session: Session,
  record: ChangedRows,
  table: Table,
  signal: AbortSignal,
): Promise<number> {
  if (await neverCommitted(database, record, signal)) return 0;
  const keys = record.originals.map(([key]) => key);
  const found = await bulkRows(database).read(session, askedOf(record, table), keys, { lock: null, signal });
  return compare(database, record, found).ours.length;
}

async function neverCommitted(database: Database, { after }: ChangedRows, signal: AbortSignal): Promise<boolean> {
  if (after === null) return true;
  return "xid" in after && (await database.transactionOutcome(after.xid, signal)) === "aborted";
}

const askedOf = (record: ChangedRows, table: Table) => ({
  table,
  key: columnsOf(table, record.key),
  columns: columnsOf(table, record.columns),
});

const byKey = (rows: readonly FoundRow[]) => new Map(rows.map((row) => [JSON.stringify(row.key), row]));
