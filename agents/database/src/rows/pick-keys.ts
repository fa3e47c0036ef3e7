import type { Database } from "../database.ts";
import type { Column, Table } from "../schema.ts";
import type { Session } from "../session.ts";

/** Keys of a few rows picked at random, without sorting the table; only rows that were there before we connected. */
export async function pickKeys(
  { dialect, since }: Database,
  session: Session,
  { table, key }: { table: Table; key: readonly Column[] },
  count: number,
  signal: AbortSignal,
): Promise<string[][]> {
  const list = key.map((column) => dialect.read(column)).join(", ");
  const before = since === null ? "" : ` AND ${dialect.existedBefore(since)}`;
  const pick = (share: number) =>
    session.rows(
      `SELECT ${list} FROM ${dialect.table(table)} WHERE ${dialect.chance(share)}${before} LIMIT ${count}`,
      [],
      { signal },
    ) as Promise<string[][]>;
  const share = pickedShare(table, count);
  const picked = await pick(share);
  return picked.length < count && share < 1 ? await pick(1) : picked;
}

/** A third more than needed on average, so that the last pages have their chance as well. */
export const pickedShare = ({ rows: all }: Table, count: number): number =>
  all === null ? 1 : Math.min(1, (count / Math.max(1, all)) * 1.3);
