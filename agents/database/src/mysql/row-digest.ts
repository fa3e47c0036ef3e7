import type { Dialect } from "../dialect.ts";
import { columnsOf, inGroups, keyCondition, keysAtOnce } from "../rows/key-condition.ts";
import type { Table } from "../schema.ts";
import type { Session } from "../session.ts";

/** A row's key, and a digest of all its stored columns: what tells whether somebody changed it since. */
export type KeyedDigest = [key: string[], digest: string];

/** Hex digits: enough that a changed row never looks like an unchanged one. */
export const digestLength = 16;

/** MySQL keeps no transaction's name on a row, so a digest of the whole row has to tell. */
export function digestExpression(dialect: Dialect, table: Table): string {
  const texts = table.columns
    .filter(({ generated }) => generated !== "virtual")
    .map((column) => `IFNULL(HEX(${dialect.read(column)}), '~')`);
  return `LEFT(SHA1(CONCAT_WS(',', ${texts.join(", ")})), ${digestLength})`;
}

/** The digests of those rows that are there; with `lock`, they stay as they are until the transaction ends. */
export async function readDigests(
  session: Session,
  dialect: Dialect,
  table: Table,
  key: readonly string[],
  keys: readonly string[][],
  { lock, signal }: { lock: boolean; signal: AbortSignal },
): Promise<KeyedDigest[]> {
  const columns = columnsOf(table, key);
  const list = [...columns.map((column) => dialect.read(column)), digestExpression(dialect, table)].join(", ");
  const found: KeyedDigest[] = [];
  for (const group of inGroups(keys, keysAtOnce)) {
    const { sql, values } = keyCondition(dialect, columns, group);
    const statement = `SELECT ${list} FROM ${dialect.table(table)} WHERE ${sql}${lock ? " FOR UPDATE" : ""}`;
    for (const row of await session.rows(statement, values, { signal })) {
      found.push([row.slice(0, -1) as string[], row.at(-1)!]);
    }
  }
  return found;
}
