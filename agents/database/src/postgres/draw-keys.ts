import type { Dialect } from "../dialect.ts";
import type { Drawn } from "../rows/row-maker.ts";
import type { Column, Table } from "../schema.ts";
import type { Session } from "../session.ts";
import { quote } from "./values.ts";

/**
 * The sequence behind a column, quoted; null where it cannot be drawn from: there is none, it is not ours to use, or it
 * lags behind the keys there are, and every row would be refused.
 */
export async function usableSequence(
  session: Session,
  dialect: Dialect,
  table: Table,
  column: Column,
  signal: AbortSignal,
): Promise<string | null> {
  const ask = (sql: string, values: string[]) => session.rows(sql, values, { signal });
  const owned = "SELECT pg_catalog.pg_get_serial_sequence($1, $2)";
  const [found] = await ask(owned, [dialect.table(table), column.name]);
  const sequence =
    found?.[0] ?? /nextval\('((?:[^']|'')+)'::regclass\)/.exec(column.default ?? "")?.[1]?.replaceAll("''", "'");
  if (sequence === undefined || sequence === null) return null;
  const [right] = await ask("SELECT pg_catalog.has_sequence_privilege($1::text::regclass, 'USAGE')", [sequence]);
  if (right?.[0] !== "t") return null;
  const name = quote(column.name);
  const [ahead] = await ask(
    `SELECT pg_catalog.nextval($1::text::regclass) > coalesce((SELECT max(${name}) FROM ${dialect.table(table)}), 0)`,
    [sequence],
  );
  return ahead?.[0] === "t" ? sequence : null;
}

/** Draws values from a sequence; the answer is a few ranges, however many were drawn. */
export async function drawKeys(session: Session, sequence: string, count: number, signal: AbortSignal): Promise<Drawn> {
  const rows = await session.rows(
    `SELECT min(v)::text, max(v)::text, step::text FROM (
       SELECT v, step, v - step * row_number() OVER (ORDER BY v) AS island
         FROM (SELECT pg_catalog.nextval($1::text::regclass) AS v FROM pg_catalog.generate_series(1, $2::int8)) drawn,
              (SELECT seqincrement AS step FROM pg_catalog.pg_sequence WHERE seqrelid = $1::text::regclass) s
     ) numbered GROUP BY island, step ORDER BY min(v)`,
    [sequence, String(count)],
    { signal },
  );
  return {
    ranges: rows.map(([low, high]) => [BigInt(low!), BigInt(high!)]),
    step: BigInt(rows[0]?.[2] ?? 1),
  };
}
