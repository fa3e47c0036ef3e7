import type { Database } from "../database.ts";
import { inGroups } from "../rows/key-condition.ts";
import { pickedShare } from "../rows/pick-keys.ts";
import type { Column, Table } from "../schema.ts";
import type { Session } from "../session.ts";
import { comparable, quote } from "./values.ts";

/** Keys of rows picked at random, group by group along the key, which is how the rows lie. */
export async function* walkKeys(
  { dialect }: Database,
  session: Session,
  { table, key }: { table: Table; key: readonly Column[] },
  { rows, atOnce }: { rows: number; atOnce: number },
  signal: AbortSignal,
): AsyncGenerator<string[][], void> {
  const list = key.map((column) => dialect.read(column)).join(", ");
  const order = key.map(({ name }) => quote(name)).join(", ");
  const atATime = key.every(walkable) ? atOnce : rows;
  const page = (chance: number, after: readonly string[], limit: number) => {
    const from = after.length > 0 ? ` AND (${beyond(key)})` : "";
    const where = `${dialect.chance(chance)}${from} ORDER BY ${order} LIMIT ${limit}`;
    const bound = after.length > 0 ? key.flatMap((_, i) => after.slice(0, i + 1)) : [];
    return session.rows(`SELECT ${list} FROM ${dialect.table(table)} WHERE ${where}`, bound, { signal }) as Promise<
      string[][]
    >;
  };
  let left = rows;
  const most = () => Math.min(atATime, left);
  let share = pickedShare(table, rows);
  let keys = await page(share, [], most());
  if (keys.length < most() && share < 1) {
    share = 1;
    keys = await page(share, [], most());
  }
  for (;;) {
    const wasLast = keys.length < most() || keys.length === left;
    yield* inGroups(keys, atOnce);
    if (wasLast) return;
    left -= keys.length;
    keys = await page(share, keys.at(-1)!, most());
  }
}

/** Whether a column compares the way it sorts: words of an ENUM sort by their number. */
const walkable = ({ kind }: Column) =>
  ["integer", "decimal", "text", "uuid", "binary", "date", "timestamp"].includes(kind);

/** Rows after a key: the first column beyond, or the first the same and the second beyond, and so on. */
const beyond = (key: readonly Column[]): string =>
  key
    .map((column, i) => {
      const same = key.slice(0, i).map((other) => `${quote(other.name)} = ${comparable(other, "?")}`);
      return `(${[...same, `${quote(column.name)} > ${comparable(column, "?")}`].join(" AND ")})`;
    })
    .join(" OR ");
