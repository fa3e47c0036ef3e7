import type { Dialect } from "../dialect.ts";
import { inGroups, keyCondition, keysAtOnce } from "../rows/key-condition.ts";
import type { Column, Table } from "../schema.ts";
import type { Session, Value } from "../session.ts";
import { digestExpression } from "./row-digest.ts";

export interface FoundRow {
  key: string[];
  values: Value[];
  digest: string;
}

interface Asked {
  table: Table;
  key: readonly Column[];
  columns: readonly Column[];
}

/** Reads rows by their keys; `lock` keeps them as they are until the transaction ends, `skip` passes over locked ones. */
export async function readRows(
  session: Session,
  dialect: Dialect,
  { table, key, columns }: Asked,
  keys: readonly (readonly string[])[],
  { lock, signal }: { lock: "wait" | "skip" | null; signal: AbortSignal },
): Promise<FoundRow[]> {
  const list = [...[...key, ...columns].map((column) => dialect.read(column)), digestExpression(dialect, table)];
  const locking = lock ? ` FOR UPDATE${lock === "skip" ? " SKIP LOCKED" : ""}` : "";
  const found: FoundRow[] = [];
  for (const group of inGroups(keys, keysAtOnce)) {
    const { sql, values } = keyCondition(dialect, key, group);
    const statement = `SELECT ${list.join(", ")} FROM ${dialect.table(table)} WHERE ${sql}${locking}`;
    for (const row of await session.rows(statement, values, { signal })) {
      found.push({
        key: row.slice(0, key.length) as string[],
        values: row.slice(key.length, -1),
        digest: row.at(-1)!,
      });
    }
  }
  return found;
}

/** Sets `columns` of these rows. MySQL binds one value at a time, so rows go in groups. */
export async function writeRows(
  session: Session,
  dialect: Dialect,
  { table, key, columns }: Asked,
  rows: readonly { key: readonly string[]; values: readonly Value[] }[],
  signal: AbortSignal,
): Promise<void> {
  const width = key.length + columns.length;
  const on = key.map((column, i) => dialect.matches(column, `v.c${i}`, "t")).join(" AND ");
  const sets = columns.map(
    (column, i) => `t.${dialect.quote(column.name)} = ${dialect.write(column, `v.c${key.length + i}`)}`,
  );
  const first = `SELECT ${Array.from({ length: width }, (_, i) => `? AS c${i}`).join(", ")}`;
  const next = ` UNION ALL SELECT ${Array.from({ length: width }, () => "?").join(", ")}`;
  for (const group of inGroups(rows, keysAtOnce)) {
    const values = `(${first}${next.repeat(group.length - 1)})`;
    const statement = `UPDATE ${dialect.table(table)} t JOIN ${values} v ON ${on} SET ${sets.join(", ")}`;
    const bound = group.flatMap((row) => [...row.key, ...row.values]);
    await session.execute(statement, bound, { signal });
  }
}

export const byKey = (rows: readonly FoundRow[]): Map<string, FoundRow> =>
  new Map(rows.map((row) => [JSON.stringify(row.key), row]));
