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
  /** Another one after every change to the row, whoever made it. */
  version: string;
}

/** What a change of ours leaves on its rows: one version for all, or one for each. */
export type Versions = { xid: string } | string[];

/** Many rows by their keys, in few statements; exact text in and out. */
export interface BulkRows {
  /** Starts a transaction to change rows in; null where only reading back tells the versions it makes. */
  begin(database: Database, session: Session, signal: AbortSignal): Promise<Versions | null>;
  /** Keys of rows picked at random, in their own order, group by group; only rows that were there before we connected. */
  pick(
    database: Database,
    session: Session,
    asked: Pick<RowsAsked, "table" | "key">,
    wanted: { rows: number; atOnce: number },
    signal: AbortSignal,
  ): AsyncGenerator<string[][], void>;
  /**
   * Those that are there, in the order of their keys. Locked ones stay as they are until the transaction ends; `skip`
   * leaves out those that others have locked. Keys come in their own order too, here and in `write`.
   */
  read(
    session: Session,
    asked: RowsAsked,
    keys: readonly (readonly string[])[],
    options: { lock: "wait" | "skip" | null; signal: AbortSignal },
  ): Promise<FoundRow[]>;
  /** Sets `columns` of these rows. */
  write(
    session: Session,
    asked: RowsAsked,
    rows: readonly { key: readonly string[]; values: readonly Value[] }[],
    signal: AbortSignal,
  ): Promise<void>;
  /** Whether a row's version is the one that our change of the nth row left. */
  isOurs(versions: Versions, version: string, n: number): boolean;
}

/** Keys of a few rows picked at random, without sorting the table; only rows that were there before we connected. */
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
  const share = pickedShare(table, count);
  const picked = await pick(share);
  return picked.length < count && share < 1 ? await pick(1) : picked;
}

/** A third more than needed on average, so that the last pages have their chance as well. */
export const pickedShare = ({ rows: all }: Table, count: number): number =>
  all === null ? 1 : Math.min(1, (count / Math.max(1, all)) * 1.3);
