import { counted, type UndoResult } from "@chaos-agents/core";
import type { Dialect } from "../dialect.ts";
import type { PostgresBatch } from "../rows/inserted-batch.ts";
import { isCascaded } from "../rows/table-rules.ts";
import type { ForeignKey, Table } from "../schema.ts";
import type { Session } from "../session.ts";
import { xid32 } from "./pinned-transaction.ts";
import { quote } from "./values.ts";

/** Deletes a batch's rows where they still are as we made them; what others changed or point to stays. */
export async function undoBatch(
  session: Session,
  dialect: Dialect,
  batch: PostgresBatch,
  table: Table | undefined,
  signal: AbortSignal,
): Promise<UndoResult> {
  const name = `${batch.schema}.${batch.table}`;
  if (!table) return { outcome: "already", detail: `${name} is gone` };
  const outcome = await dialect.transactionOutcome((sql, values) => session.query(sql, values, { signal }), batch.xid);
  if (outcome === "aborted") return { outcome: "already", detail: "its transaction never committed" };
  if (outcome === "in-progress") return { outcome: "failed", detail: `transaction ${batch.xid} is still running` };
  if (outcome === "unknown") {
    const detail = `the server no longer knows transaction ${batch.xid}; its rows in ${name} were left`;
    return { outcome: "conflict", detail, remains: [detail] };
  }
  const { target, using, where, values } = spanOf(dialect, batch, table);
  const untouched = `${where} AND t.xmin = '${xid32(batch.xid)}'::xid`;
  const unused = table.referencedBy.map((key) => ` AND NOT EXISTS (${referenceTo(dialect, key)})`).join("");
  await preferIndex(session, batch, table, signal);
  await session.query("BEGIN", [], { signal });
  try {
    if (isCascaded(table)) {
      // nobody can point to our rows from here on, so what follows from a delete cannot reach what is not ours
      const from = `${target}${using ? ` CROSS JOIN ${using}` : ""}`;
      await session.execute(`SELECT FROM ${from} WHERE ${untouched} FOR UPDATE OF t`, values, { signal });
    }
    const statement = `DELETE FROM ${target}${using ? ` USING ${using}` : ""} WHERE ${untouched}${unused}`;
    const deleted = await session.execute(statement, values, { signal });
    await session.query("COMMIT", [], { signal });
    return verdict(batch, deleted, deleted < batch.rows ? await stillThere(session, dialect, batch, table, signal) : 0);
  } catch (error) {
    await session.query("ROLLBACK").catch(() => {});
    throw error;
  }
}

function verdict({ schema, table, rows, key }: PostgresBatch, deleted: number, kept: number): UndoResult {
  const name = `${schema}.${table}`;
  const done = `${counted(deleted, "row")} deleted from ${name}`;
  if (kept > 0) {
    const left = `${counted(kept, "row")} of ours in ${name} that others changed or point to`;
    return { outcome: "conflict", detail: `${done}; left: ${left}`, remains: [left] };
  }
  if (deleted === 0) return { outcome: "already", detail: `none of its ${counted(rows, "row")} is left in ${name}` };
  const gone = rows - deleted;
  if (gone > 0 && key === null) {
    const left = `${counted(gone, "row")} of ours in ${name} that others changed or deleted; nothing tells changed ones from theirs`;
    return { outcome: "conflict", detail: `${done}; left: ${left}`, remains: [left] };
  }
  return { outcome: "undone", detail: gone > 0 ? `${done}; ${gone} had been deleted by others` : done };
}

/** How many rows of a batch are there, changed by others or not; unchanged ones where no key tells. */
async function stillThere(
  session: Session,
  dialect: Dialect,
  batch: PostgresBatch,
  table: Table,
  signal: AbortSignal,
): Promise<number> {
  if (batch.key === null) return await batchResidue(session, dialect, batch, table, signal);
  return await countRows(session, spanOf(dialect, batch, table), "", signal);
}

/** How many rows of a batch are there as we made them. */
export async function batchResidue(
  session: Session,
  dialect: Dialect,
  batch: PostgresBatch,
  table: Table,
  signal: AbortSignal,
): Promise<number> {
  await preferIndex(session, batch, table, signal);
  return await countRows(session, spanOf(dialect, batch, table), ` AND t.xmin = '${xid32(batch.xid)}'::xid`, signal);
}

async function countRows(session: Session, span: Span, also: string, signal: AbortSignal): Promise<number> {
  const from = `${span.target}${span.using ? ` CROSS JOIN ${span.using}` : ""}`;
  const [row] = await session.rows(`SELECT count(*) FROM ${from} WHERE ${span.where}${also}`, span.values, { signal });
  return Number(row![0]);
}

/** A batch is a small part of the table, but the planner cannot know: it would read the whole table for each. */
async function preferIndex(session: Session, { key }: PostgresBatch, { indexes }: Table, signal: AbortSignal) {
  const indexed = key?.between !== undefined && indexes.some(({ columns }) => columns[0] === key.column);
  await session.query(`SET enable_seqscan = ${indexed ? "off" : "on"}`, [], { signal });
}

interface Span {
  target: string;
  using?: string;
  where: string;
  values: string[];
}

function spanOf(dialect: Dialect, { key }: PostgresBatch, table: Table): Span {
  const target = `${table.kind === "partitioned" ? "" : "ONLY "}${dialect.table(table)} t`;
  if (!key) return { target, where: "true", values: [] };
  const column = `t.${quote(key.column)}`;
  if (key.prefix !== undefined)
    return { target, where: `pg_catalog.starts_with(${column}::text, $1)`, values: [key.prefix] };
  const list = (side: 0 | 1) => `{${key.between!.map((pair) => pair[side]).join(",")}}`;
  const ofStep = key.step === undefined ? "" : ` AND (${column} - span.low) % $3::int8 = 0`;
  return {
    target,
    using: `ROWS FROM (pg_catalog.unnest($1::${key.type}[]), pg_catalog.unnest($2::${key.type}[])) span(low, high)`,
    where: `${column} BETWEEN span.low AND span.high${ofStep}`,
    values: [list(0), list(1), ...(key.step === undefined ? [] : [key.step])],
  };
}

const referenceTo = (dialect: Dialect, key: ForeignKey) =>
  `SELECT FROM ${dialect.table(key.table)} r WHERE ${key.columns
    .map((column, i) => `r.${quote(column)} = t.${quote(key.referencedColumns[i]!)}`)
    .join(" AND ")}`;
