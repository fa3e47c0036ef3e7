import type { UndoResult, UndoStep } from "@chaos-agents/core";
import type { Ask, Dialect } from "../dialect.ts";
import type { PostgresBatch } from "../rows/inserted-batch.ts";
import type { KeySpan } from "../rows/row-maker.ts";
import type { ForeignKey, Table } from "../schema.ts";
import type { Row, Session } from "../session.ts";
import { quote } from "./values.ts";

/** Draws values from a key's sequence; the answer is a few ranges, however many were drawn. */
export async function drawKeys(session: Session, sequence: string, count: number): Promise<[bigint, bigint][]> {
  const rows = await session.rows(
    `SELECT min(v)::text, max(v)::text FROM (
       SELECT v, v - row_number() OVER (ORDER BY v) AS island
         FROM (SELECT pg_catalog.nextval($1::text::regclass) AS v FROM pg_catalog.generate_series(1, $2::int8)) drawn
     ) numbered GROUP BY island ORDER BY min(v)`,
    [sequence, String(count)],
  );
  return rows.map(([low, high]) => [BigInt(low!), BigInt(high!)]);
}

/** The sequence behind a counted key, quoted; null when its default is something else. */
export async function sequenceOf(ask: Ask, dialect: Dialect, table: Table, column: string): Promise<string | null> {
  const [row] = await ask("SELECT pg_catalog.pg_get_serial_sequence($1, $2) AS sequence", [
    dialect.table(table),
    column,
  ]);
  if (row?.["sequence"]) return row["sequence"];
  const expression = table.columns.find(({ name }) => name === column)?.default ?? "";
  return /nextval\('([^']+)'::regclass\)/.exec(expression)?.[1] ?? null;
}

export const batchRecord = (table: Table, xid: string, rows: number, key: KeySpan | null): UndoStep<PostgresBatch> => ({
  record: {
    engine: "postgres",
    schema: table.schema,
    table: table.name,
    xid,
    rows,
    key: key && { ...key, type: table.columns.find(({ name }) => name === key.column)!.type },
  },
});

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
    return {
      outcome: "conflict",
      detail: `the server no longer knows transaction ${batch.xid}; its rows in ${name} were left`,
    };
  }
  const { from, where, values } = spanOf(dialect, batch, table);
  const untouched = `${where} AND t.xmin = ${xid32(batch.xid)}::xid`;
  const others = table.referencedBy.map((key) => ` AND NOT EXISTS (${referenceTo(dialect, key)})`).join("");
  await session.query("BEGIN");
  try {
    if (table.referencedBy.length > 0) {
      // nobody can point to our rows from here on, so a cascade cannot reach what is not ours
      await session.execute(`SELECT 1 FROM ${from} WHERE ${untouched} FOR UPDATE OF t`, values, { signal });
    }
    const [target, using] = from.split(" CROSS JOIN ");
    const deleted = await session.execute(
      `DELETE FROM ${target}${using ? ` USING ${using}` : ""} WHERE ${untouched}${others}`,
      values,
      { signal },
    );
    await session.query("COMMIT");
    return await verdict(session, batch, deleted, { from, where, values }, signal);
  } catch (error) {
    await session.query("ROLLBACK").catch(() => {});
    throw error;
  }
}

async function verdict(
  session: Session,
  batch: PostgresBatch,
  deleted: number,
  span: Span,
  signal: AbortSignal,
): Promise<UndoResult> {
  const name = `${batch.schema}.${batch.table}`;
  const kept = batch.key ? await countRows(session, span.from, span.where, span.values, signal) : 0;
  if (kept > 0) {
    const detail = `${deleted} rows deleted from ${name}; ${kept} were changed or are referenced by others, and stay`;
    return { outcome: "conflict", detail, remains: [`${kept} rows in ${name} that others use`] };
  }
  if (deleted === 0) return { outcome: "already", detail: `none of its ${batch.rows} rows is left in ${name}` };
  const gone = batch.rows - deleted;
  const detail = `${deleted} rows deleted from ${name}`;
  return {
    outcome: "undone",
    detail: gone > 0 ? `${detail}; ${gone} had been ${batch.key ? "deleted" : "changed or deleted"} by others` : detail,
  };
}

/** How many rows of a batch can still be seen. */
export async function batchResidue(
  session: Session,
  dialect: Dialect,
  batch: PostgresBatch,
  table: Table,
  signal: AbortSignal,
): Promise<number> {
  const { from, where, values } = spanOf(dialect, batch, table);
  const own = batch.key ? where : `${where} AND t.xmin = ${xid32(batch.xid)}::xid`;
  return await countRows(session, from, own, values, signal);
}

async function countRows(
  session: Session,
  from: string,
  where: string,
  values: readonly (string | null)[],
  signal: AbortSignal,
) {
  const [row] = (await session.query(`SELECT count(*) AS n FROM ${from} WHERE ${where}`, values, { signal })) as [Row];
  return Number(row["n"]);
}

interface Span {
  from: string;
  where: string;
  values: string[];
}

function spanOf(dialect: Dialect, { key }: PostgresBatch, table: Table): Span {
  const target = `${table.kind === "partitioned" ? "" : "ONLY "}${dialect.table(table)} t`;
  if (!key) return { from: target, where: "true", values: [] };
  const column = `t.${quote(key.column)}`;
  if (key.prefix !== undefined)
    return { from: target, where: `pg_catalog.starts_with(${column}::text, $1)`, values: [key.prefix] };
  const list = (side: 0 | 1) => `{${key.between!.map((pair) => pair[side]).join(",")}}`;
  return {
    from: `${target} CROSS JOIN ROWS FROM (pg_catalog.unnest($1::${key.type}[]), pg_catalog.unnest($2::${key.type}[])) span(low, high)`,
    where: `${column} BETWEEN span.low AND span.high`,
    values: [list(0), list(1)],
  };
}

const referenceTo = (dialect: Dialect, key: ForeignKey) =>
  `SELECT FROM ${dialect.table(key.table)} r WHERE ${key.columns
    .map((column, i) => `r.${quote(column)} = t.${quote(key.referencedColumns[i]!)}`)
    .join(" AND ")}`;

/** What xmin shows of a transaction's id. Digits only, so it may stand in a statement. */
export const xid32 = (xid: string): string => `'${(BigInt(xid) & 0xffffffffn).toString()}'`;
