import type { UndoResult } from "@chaos-agents/core";
import type { Database } from "../database.ts";
import { type MysqlChanges, verdict } from "../rows/changed-rows.ts";
import { columnsOf } from "../rows/key-condition.ts";
import type { Table } from "../schema.ts";
import type { Session } from "../session.ts";
import { digestLength } from "./row-digest.ts";
import { type FoundRow, byKey, readRows, writeRows } from "./keyed-rows.ts";

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
function compare({ originals, after }: MysqlChanges, found: readonly FoundRow[]): Comparison {
  const now = byKey(found);
  const result: Comparison = { ours: [], changed: 0, deleted: 0 };
  for (const [n, [key, values]] of originals.entries()) {
    const row = now.get(JSON.stringify(key));
    if (!row) result.deleted++;
    else if (sameValues(row.values, values)) continue;
    else if (after?.slice(n * digestLength, (n + 1) * digestLength) === row.digest) result.ours.push({ key, values });
    else result.changed++;
  }
  return result;
}

export async function undoChanges(
  session: Session,
  { dialect }: Database,
  changes: MysqlChanges,
  table: Table,
  signal: AbortSignal,
): Promise<UndoResult> {
  if (changes.after === null) return { outcome: "already", detail: "its transaction never committed" };
  const asked = askedOf(changes, table);
  const keys = changes.originals.map(([key]) => key);
  await session.query("START TRANSACTION", [], { signal });
  try {
    const { ours, changed, deleted } = compare(
      changes,
      await readRows(session, dialect, asked, keys, { lock: "wait", signal }),
    );
    await writeRows(session, dialect, asked, ours, signal);
    let touchedAgain = 0;
    if (table.triggers.some(({ events }) => events.includes("update"))) {
      const ourKeys = ours.map(({ key }) => key);
      const now = byKey(await readRows(session, dialect, asked, ourKeys, { lock: null, signal }));
      touchedAgain = ours.filter(({ key, values }) => !sameValues(now.get(JSON.stringify(key))!.values, values)).length;
    }
    await session.query("COMMIT", [], { signal });
    return verdict({ ...changes, rows: keys.length }, { restored: ours.length, changed, deleted, touchedAgain });
  } catch (error) {
    await session.query("ROLLBACK").catch(() => {});
    throw error;
  }
}

export async function changedResidue(
  session: Session,
  { dialect }: Database,
  changes: MysqlChanges,
  table: Table,
  signal: AbortSignal,
): Promise<number> {
  if (changes.after === null) return 0;
  const keys = changes.originals.map(([key]) => key);
  const found = await readRows(session, dialect, askedOf(changes, table), keys, { lock: null, signal });
  return compare(changes, found).ours.length;
}

const askedOf = ({ key, columns }: MysqlChanges, table: Table) => ({
  table,
  key: columnsOf(table, key),
  columns: columnsOf(table, columns),
});
