import { type BulkRows, type FoundRow, pickedShare } from "../rows/bulk-rows.ts";
import { inGroups, keyCondition, keysAtOnce } from "../rows/key-condition.ts";
import type { Dialect } from "../dialect.ts";
import type { Column } from "../schema.ts";
import { digestExpression } from "./row-digest.ts";
import { comparable, quote } from "./values.ts";

/** MySQL binds one value at a time, so rows go in groups; and only a digest tells a row's version. */
export const mysqlBulkRows = (dialect: Dialect): BulkRows => ({
  async begin(_, session, signal) {
    await session.query("START TRANSACTION", [], { signal });
    return null;
  },

  /** Walks along the key, which is how the rows lie. */
  async *pick(_, session, { table, key }, { rows, atOnce }, signal) {
    const list = key.map((column) => dialect.read(column)).join(", ");
    const order = key.map(({ name }) => quote(name)).join(", ");
    const atATime = key.every(walkable) ? atOnce : rows;
    const page = (share: number, after: readonly string[], most: number) => {
      const from = after.length > 0 ? ` AND (${beyond(key)})` : "";
      const statement = `SELECT ${list} FROM ${dialect.table(table)} WHERE ${dialect.chance(share)}${from} ORDER BY ${order} LIMIT ${most}`;
      const bound = key.flatMap((_, i) => after.slice(0, i + 1));
      return session.rows(statement, bound, { signal }) as Promise<string[][]>;
    };
    let share = pickedShare(table, rows);
    let left = rows;
    let keys = await page(share, [], Math.min(atATime, left));
    if (keys.length < Math.min(atATime, left) && share < 1) {
      share = 1;
      keys = await page(share, [], Math.min(atATime, left));
    }
    while (keys.length > 0) {
      yield* inGroups(keys, atOnce);
      left -= keys.length;
      keys = left > 0 ? await page(share, keys.at(-1)!, Math.min(atATime, left)) : [];
    }
  },

  async read(session, { table, key, columns }, keys, { lock, signal }) {
    const list = [...[...key, ...columns].map((column) => dialect.read(column)), digestExpression(dialect, table)].join(
      ", ",
    );
    const locking = lock ? ` FOR UPDATE${lock === "skip" ? " SKIP LOCKED" : ""}` : "";
    const found: FoundRow[] = [];
    for (const group of inGroups(keys, keysAtOnce)) {
      const { sql, values } = keyCondition(dialect, key, group);
      const statement = `SELECT ${list} FROM ${dialect.table(table)} WHERE ${sql}${locking}`;
      for (const row of await session.rows(statement, values, { signal })) {
        found.push({
          key: row.slice(0, key.length) as string[],
          values: row.slice(key.length, -1),
          version: row.at(-1)!,
        });
      }
    }
    return found;
  },

  async write(session, { table, key, columns }, rows, signal) {
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
  },

  isOurs: (versions, version, n) => Array.isArray(versions) && versions[n] === version,
});

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
