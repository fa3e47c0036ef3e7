import type { UndoResult } from "@chaos-agents/core";
import type { Database } from "../database.ts";
import { type PostgresChanges, verdict } from "../rows/changed-rows.ts";
import { columnsOf } from "../rows/key-condition.ts";
import type { Table } from "../schema.ts";
import type { Session } from "../session.ts";
import { exactText, keyedArrays, only } from "./key-groups.ts";
import { xid32 } from "./pinned-transaction.ts";
import { quote } from "./values.ts";

/** The originals as rows `v`, beside the rows `t` of these keys as they are now. */
function partsOf(changes: PostgresChanges, table: Table) {
  const key = columnsOf(table, changes.key);
  const columns = columnsOf(table, changes.columns);
  const arrays = [...changes.keys, ...changes.originals];
  const original = (i: number) => `v.c${key.length + i}`;
  return {
    ...keyedArrays(
      key,
      arrays.map((_, i) => `$${i + 1}::text[]`),
    ),
    target: `${only(table)} t`,
    values: [...arrays, ...changes.ends],
    sets: columns.map(({ name, type }, i) => `${quote(name)} = ${original(i)}::${type}`).join(", "),
    differs: `ROW(${columns.map((column) => exactText(column, "t")).join(", ")}) IS DISTINCT FROM ROW(${columns.map((_, i) => original(i)).join(", ")})`,
  };
}

export async function undoChanges(
  session: Session,
  { dialect }: Database,
  changes: PostgresChanges,
  table: Table,
  signal: AbortSignal,
): Promise<UndoResult> {
  const ask = (sql: string, values?: readonly (string | null)[]) => session.query(sql, values, { signal });
  const outcome = await dialect.transactionOutcome(ask, changes.xid);
  if (outcome === "aborted") return { outcome: "already", detail: "its transaction never committed" };
  if (outcome === "in-progress") return { outcome: "failed", detail: `transaction ${changes.xid} is still running` };
  if (outcome === "unknown") {
    const detail = `the server no longer knows transaction ${changes.xid}; its rows in ${table.schema}.${table.name} were left`;
    return { outcome: "conflict", detail, remains: [detail] };
  }
  const { target, from, on, sets, values, differs } = partsOf(changes, table);
  await session.query("BEGIN", [], { signal });
  try {
    const ours = `t.xmin = '${xid32(changes.xid)}'::xid`;
    const statement = `UPDATE ${target} SET ${sets} FROM ${from} WHERE ${on} AND ${ours}`;
    const restored = await session.execute(statement, values, { signal });
    const triggers = table.triggers.some(({ enabled, events }) => enabled && events.includes("update"));
    let rest = [0, 0, 0];
    if (triggers || restored < changes.rows) {
      const now = "t.xmin = pg_catalog.xid(pg_catalog.pg_current_xact_id())";
      const [counts] = await session.rows(
        `SELECT count(*) FILTER (WHERE t.xmin IS NULL), count(*) FILTER (WHERE t.xmin IS NOT NULL AND NOT ${now} AND ${differs}),
                count(*) FILTER (WHERE ${now} AND ${differs})
           FROM ${from} LEFT JOIN ${target} ON ${on}`,
        values,
        { signal },
      );
      rest = counts!.map(Number);
    }
    await session.query("COMMIT", [], { signal });
    const [deleted, changed, touchedAgain] = rest as [number, number, number];
    return verdict(changes, { restored, changed, deleted, touchedAgain });
  } catch (error) {
    await session.query("ROLLBACK").catch(() => {});
    throw error;
  }
}

export async function changedResidue(
  session: Session,
  _: Database,
  changes: PostgresChanges,
  table: Table,
  signal: AbortSignal,
): Promise<number> {
  const { target, from, on, values, differs } = partsOf(changes, table);
  const where = `${on} AND t.xmin = '${xid32(changes.xid)}'::xid AND ${differs}`;
  const [row] = await session.rows(`SELECT count(*) FROM ${target} JOIN ${from} ON ${where}`, values, { signal });
  return Number(row![0]);
}
