import type { Database } from "../database.ts";
import type { Column, Table } from "../schema.ts";
import type { Session, Value } from "../session.ts";

export interface RowsAsked {
  table: Table;
  key: readonly Column[];
  /** What is read beside the key, or written. */
  columns: readonly Column[];
}

export interface FoundRow {
  key: string[];
  values: Value[];
  /** Of all the row's stored columns: tells whether anybody changed it since. */
  digest: string;
}

/** Many rows by their keys, in few statements; exact text in and out. */
export interface BulkRows {
  /** Those that are there; with `lock` they stay as they are until the transaction ends. */
  read(
    session: Session,
    asked: RowsAsked,
    keys: readonly (readonly string[])[],
    options: { lock: boolean; signal: AbortSignal },
  ): Promise<FoundRow[]>;
  /** Sets `columns` of these rows; returns how many there were. */
  write(
    session: Session,
    asked: RowsAsked,
    rows: readonly { key: readonly string[]; values: readonly Value[] }[],
    signal: AbortSignal,
  ): Promise<number>;
}

/** Keys of rows picked at random, without sorting the table; only rows that were there before we connected. */
export async function pickKeys(
  { dialect, since }: Database,
  session: Session,
  { table, key }: Pick<RowsAsked, "table" | "key">,
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
  // a third more than needed on average, so that the last pages have their chance as well
  const share = table.rows === null ? 1 : Math.min(1, (count / Math.max(1, table.rows)) * 1.3);
  const picked = await pick(share);
  return picked.length < count && share < 1 ? await pick(1) : picked;
}
